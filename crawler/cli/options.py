"""The options that commands share, and the configuration key that each of them sets.

Values are taken as text and handed on: crawler.config alone knows types and bounds, so that one
sentence refuses a wrong value wherever it came from.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.model.errors import UsageError

if TYPE_CHECKING:
    from crawler.config import Config

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
    "no_progress": "progress.show",
    "log_level": "log.level",
}
"""The key that a command's parameter sets. The flags among them, when given, set it to false."""

NAMES = {"urls": "URL", "out": "-o"}
"""How a parameter is called on the command line, where that is not --its-name."""


def _option(metavar: str, text: str, *names: str) -> Any:
    return typer.Option(*names, metavar=metavar, help=text, show_default=False)


def _flag(text: str, name: str) -> Any:
    return typer.Option(name, help=text, show_default=False)


Out = Annotated[
    str | None, _option("OUT", "Output folder [out; default: a new crawls/HOST-UTCTIME].", "-o", "--out")
]
MaxPages = Annotated[
    str | None, _option("N", "Pages after which to end [scope.max_pages; default: no limit].")
]
MaxDepth = Annotated[
    str | None, _option("N", "Links to follow from a seed [scope.max_depth; default: no limit].")
]
Include = Annotated[
    list[str] | None,
    _option("RE", "Only URLs in which this is found; may be repeated [scope.include; default: any]."),
]
Exclude = Annotated[
    list[str] | None,
    _option("RE", "No URLs in which this is found; may be repeated [scope.exclude; default: none]."),
]
Concurrency = Annotated[
    str | None, _option("N", "Requests at once, all hosts together [fetch.concurrency; default: 32].")
]
Timeout = Annotated[str | None, _option("SECONDS", "For one whole exchange [fetch.timeout; default: 30].")]
MaxBody = Annotated[
    str | None, _option("BYTES", "Of a body, after decompression [fetch.max_body; default: 10485760].")
]
Retries = Annotated[str | None, _option("N", "Further attempts after the first [fetch.retries; default: 3].")]
MaxRedirects = Annotated[str | None, _option("N", "Redirects in a row [fetch.max_redirects; default: 10].")]
PerHost = Annotated[
    str | None,
    _option("N", "Requests at once to one host [politeness.per_host; default: 2, on loopback no limit]."),
]
Delay = Annotated[
    str | None,
    _option("SECONDS", "Between requests to one host [politeness.delay; default: 0.5, on loopback 0]."),
]
IgnoreRobots = Annotated[bool, _flag("Do not ask robots.txt [robots.obey = false].", "--ignore-robots")]
Workers = Annotated[str | None, _option("N", "Parsers at once [parse.workers; default: CPU cores].")]
Executor = Annotated[
    str | None, _option("process|thread|inline", "Where pages are parsed [parse.executor; default: process].")
]
Extract = Annotated[
    str | None, _option("MODULE:FUNCTION", "Called with each parsed page [parse.extract; default: none].")
]
Sink = Annotated[
    list[str] | None, _option("jsonl|sqlite", "Output format; may be repeated [write.sinks; default: jsonl].")
]
NoProgress = Annotated[bool, _flag("Show no progress [progress.show = false].", "--no-progress")]
LogLevel = Annotated[
    str | None, _option("DEBUG|INFO|WARNING|ERROR", "What is logged [log.level; default: INFO].")
]
Assignments = Annotated[
    list[str] | None,
    _option("KEY=VALUE", "Any configuration key, such as fetch.backoff=1; may be repeated.", "--set"),
]
ConfigFile = Annotated[Path | None, _option("FILE", "Config file (TOML) to read.", "-c", "--config")]


def config_of(parameters: Mapping[str, Any], file: Path | None) -> "Config":
    """The configuration that a command's parameters (by name) ask for, over ``file`` and the environment.

    Raises ConfigError, and UsageError where an option and --set give the same key.
    """
    from crawler.config import Config
    from crawler.config.layers import Text, assignment

    overrides: dict[str, object] = {}
    origins: dict[str, str] = {}
    for name, key in KEYS.items():
        value = parameters.get(name)
        # What was not given is None, False or an empty list; an empty text was given, and is refused later.
        if not value and not isinstance(value, str):
            continue
        overrides[key] = False if value is True else Text(value) if isinstance(value, str) else tuple(value)
        origins[key] = f"command line {NAMES.get(name, '--' + name.replace('_', '-'))}"
    for text in parameters.get("assignments") or ():
        key, value = assignment(text)
        if origins.get(key, "command line --set") != "command line --set":
            raise UsageError(f"{key} is given twice, with {origins[key].split()[-1]} and with --set")
        overrides[key], origins[key] = value, "command line --set"
    return Config.load(file, overrides, origins=origins)
