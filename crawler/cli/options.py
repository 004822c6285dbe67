"""The options that commands share, and the configuration key that each of them sets.

Values are taken as text and handed on: crawler.config alone knows types and bounds, so that one
sentence refuses a wrong value wherever it came from.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from crawler.model.errors import UsageError
from crawler.model.outcomes import SinkName

if TYPE_CHECKING:
    from crawler.config import Config

F = TypeVar("F", bound=Callable[..., Any])

KEYS = {"urls": "seeds"}
"""The key that a command's parameter sets. The flags among them, when given, set it to false."""

NAMES = {"urls": "URL", "out": "-o"}
"""How a parameter is called on the command line, where that is not --its-name."""


def _option(
    key: str, metavar: str, text: str, default: str, name: str = "", short: str = "", multiple: bool = False
) -> Callable[[F], F]:
    """An option that sets ``key``, and has its name unless one is given."""
    name = name or key.rpartition(".")[2]
    KEYS[name] = key
    names = [*filter(None, [short]), f"--{name.replace('_', '-')}"]
    return click.option(
        *names, metavar=metavar, help=f"{text} [{key}; default: {default}].", multiple=multiple
    )


def _flag(key: str, text: str, name: str) -> Callable[[F], F]:
    """A flag that sets ``key`` to false."""
    KEYS[name] = key
    return click.option(f"--{name.replace('_', '-')}", is_flag=True, help=f"{text} [{key} = false].")


out = _option("out", "OUT", "Output folder", "a new crawls/HOST-UTCTIME", short="-o")
max_pages = _option("scope.max_pages", "N", "Pages after which to end", "no limit")
max_depth = _option("scope.max_depth", "N", "Links to follow from a seed", "no limit")
include = _option(
    "scope.include", "RE", "Only URLs in which this is found; may be repeated", "any", multiple=True
)
exclude = _option(
    "scope.exclude", "RE", "No URLs in which this is found; may be repeated", "none", multiple=True
)
concurrency = _option("fetch.concurrency", "N", "Requests at once, all hosts together", "32")
timeout = _option("fetch.timeout", "SECONDS", "For one whole exchange", "30")
max_body = _option("fetch.max_body", "BYTES", "Of a body, after decompression", "10485760")
retries = _option("fetch.retries", "N", "Further attempts after the first", "3")
max_redirects = _option("fetch.max_redirects", "N", "Redirects in a row", "10")
per_host = _option("politeness.per_host", "N", "Requests at once to one host", "2, on loopback no limit")
delay = _option("politeness.delay", "SECONDS", "Between requests to one host", "0.5, on loopback 0")
ignore_robots = _flag("robots.obey", "Do not ask robots.txt", "ignore_robots")
workers = _option("parse.workers", "N", "Parsers at once", "CPU cores")
executor = _option("parse.executor", "process|thread|inline", "Where pages are parsed", "process")
extract = _option("parse.extract", "MODULE:FUNCTION", "Called with each parsed page", "none")
sink = _option(
    "write.sinks",
    "|".join(get_args(SinkName)),
    "Output format; may be repeated",
    "jsonl",
    name="sink",
    multiple=True,
)
fail_on = _option(
    "run.fail_on",
    "errors|http|extract",
    "End with exit code 1 where there are any; several with commas",
    "never",
)
no_progress = _flag("progress.show", "Show no progress", "no_progress")
log_level = _option("log.level", "DEBUG|INFO|WARNING|ERROR", "What is logged", "INFO", name="log_level")
fresh = click.option("--fresh", is_flag=True, help="Crawl anew: what is in OUT is moved aside, not deleted.")
assignments = click.option(
    "--set",
    "assignments",
    metavar="KEY=VALUE",
    help="Any configuration key, such as fetch.backoff=1; may be repeated.",
    multiple=True,
)
config_file = click.option("-c", "--config", metavar="FILE", help="Config file (TOML) to read.")


def config_of(parameters: Mapping[str, Any], file: str | Path | None) -> "Config":
    """The configuration that a command's parameters (by name) ask for, over ``file`` and the environment.

    Raises ConfigError, and UsageError where an option and --set give the same key.
    """
    from crawler.config import Config
    from crawler.config.layers import Text, assignment

    overrides: dict[str, object] = {}
    origins: dict[str, str] = {}
    for name, key in KEYS.items():
        value = parameters.get(name)
        # What was not given is None, False or an empty tuple; an empty text was given, and is refused later.
        if not value and not isinstance(value, str):
            continue
        overrides[key] = False if value is True else Text(value) if isinstance(value, str) else value
        origins[key] = f"command line {NAMES.get(name, '--' + name.replace('_', '-'))}"
    for text in parameters.get("assignments") or ():
        key, value = assignment(text)
        if origins.get(key, "command line --set") != "command line --set":
            raise UsageError(f"{key} is given twice, with {origins[key].split()[-1]} and with --set")
        overrides[key], origins[key] = value, "command line --set"
    return Config.load(Path(file) if file is not None else None, overrides, origins=origins)
