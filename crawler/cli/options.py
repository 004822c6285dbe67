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

KEYS = {
    "urls": "seeds",
    "out": "out",
    "max_pages": "scope.max_pages",
    "max_depth": "scope.max_depth",
    "include": "scope.include",
    "exclude": "scope.exclude",
    "concurrency": "fetch.concurrency",
    "timeout": "fetch.timeout",
    "max_body": "fetch.max_body",
    "retries": "fetch.retries",
    "max_redirects": "fetch.max_redirects",
    "per_host": "politeness.per_host",
    "delay": "politeness.delay",
    "ignore_robots": "robots.obey",
    "workers": "parse.workers",
    "executor": "parse.executor",
    "extract": "parse.extract",
    "sink": "write.sinks",
    "fail_on": "run.fail_on",
    "no_progress": "progress.show",
    "log_level": "log.level",
}
"""The key that a command's parameter sets. The flags among them, when given, set it to false."""

NAMES = {"urls": "URL", "out": "-o"}
"""How a parameter is called on the command line, where that is not --its-name."""


def _option(metavar: str, text: str, *names: str, multiple: bool = False) -> Callable[[F], F]:
    return click.option(*names, metavar=metavar, help=text, multiple=multiple)


def _flag(text: str, name: str) -> Callable[[F], F]:
    return click.option(name, is_flag=True, help=text)


out = _option("OUT", "Output folder [out; default: a new crawls/HOST-UTCTIME].", "-o", "--out")
max_pages = _option("N", "Pages after which to end [scope.max_pages; default: no limit].", "--max-pages")
max_depth = _option("N", "Links to follow from a seed [scope.max_depth; default: no limit].", "--max-depth")
include = _option(
    "RE",
    "Only URLs in which this is found; may be repeated [scope.include; default: any].",
    "--include",
    multiple=True,
)
exclude = _option(
    "RE",
    "No URLs in which this is found; may be repeated [scope.exclude; default: none].",
    "--exclude",
    multiple=True,
)
concurrency = _option(
    "N", "Requests at once, all hosts together [fetch.concurrency; default: 32].", "--concurrency"
)
timeout = _option("SECONDS", "For one whole exchange [fetch.timeout; default: 30].", "--timeout")
max_body = _option(
    "BYTES", "Of a body, after decompression [fetch.max_body; default: 10485760].", "--max-body"
)
retries = _option("N", "Further attempts after the first [fetch.retries; default: 3].", "--retries")
max_redirects = _option("N", "Redirects in a row [fetch.max_redirects; default: 10].", "--max-redirects")
per_host = _option(
    "N", "Requests at once to one host [politeness.per_host; default: 2, on loopback no limit].", "--per-host"
)
delay = _option(
    "SECONDS", "Between requests to one host [politeness.delay; default: 0.5, on loopback 0].", "--delay"
)
ignore_robots = _flag("Do not ask robots.txt [robots.obey = false].", "--ignore-robots")
workers = _option("N", "Parsers at once [parse.workers; default: CPU cores].", "--workers")
executor = _option(
    "process|thread|inline", "Where pages are parsed [parse.executor; default: process].", "--executor"
)
extract = _option(
    "MODULE:FUNCTION", "Called with each parsed page [parse.extract; default: none].", "--extract"
)
sink = _option(
    "|".join(get_args(SinkName)),
    "Output format; may be repeated [write.sinks; default: jsonl].",
    "--sink",
    multiple=True,
)
fail_on = _option(
    "errors|http|extract",
    "End with exit code 1 where there are any; several with commas [run.fail_on; default: never].",
    "--fail-on",
)
fresh = _flag("Crawl anew: what is in OUT is moved aside, not deleted.", "--fresh")
no_progress = _flag("Show no progress [progress.show = false].", "--no-progress")
log_level = _option("DEBUG|INFO|WARNING|ERROR", "What is logged [log.level; default: INFO].", "--log-level")
assignments = _option(
    "KEY=VALUE",
    "Any configuration key, such as fetch.backoff=1; may be repeated.",
    "--set",
    "assignments",
    multiple=True,
)
config_file = _option("FILE", "Config file (TOML) to read.", "-c", "--config")


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
