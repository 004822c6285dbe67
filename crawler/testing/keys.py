"""The keywords of a check made from a test: configuration keys, or options of ``crawler check``, by name."""

from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from crawler.check.asking import as_a_check, folder_among
from crawler.check.reports import parse_report
from crawler.config import Config
from crawler.config.layers import tree_layer
from crawler.model.errors import UsageError

OPTIONS = {
    "report": "check.reports",
    "fail_on": "check.fail_on",
    "baseline": "check.baseline",
    "flaky": "check.flaky",
    "since": "check.since",
    "source_map": "check.source_map",
    "min_pages": "check.min_pages",
    "external": "check.external",
    "base_path": "check.base_path",
    "rules": "check.rules",
    "ignore": "check.ignore",
    "sink": "write.sinks",
    "max_pages": "scope.max_pages",
    "max_depth": "scope.max_depth",
    "include": "scope.include",
    "exclude": "scope.exclude",
    "sitemap": "sitemaps.urls",
    "concurrency": "fetch.concurrency",
    "timeout": "fetch.timeout",
    "max_body": "fetch.max_body",
    "retries": "fetch.retries",
    "max_redirects": "fetch.max_redirects",
    "user_agent": "fetch.user_agent",
    "header": "session.headers",
    "cookie": "session.send_cookies",
    "per_host": "politeness.per_host",
    "delay": "politeness.delay",
    "workers": "parse.workers",
    "executor": "parse.executor",
}
"""Names of the command's options, with an underscore for the hyphen, and the key that each is for.

``rules`` and ``ignore`` are tables of the config file, which the command line has no option for.
"""
OPPOSITES = {"insecure": "fetch.verify_tls", "ignore_robots": "robots.obey"}
"""And of those that say of a key that it is not so."""

FOR_TESTS = {"fetch.concurrency": 5, "parse.workers": 2}
"""What is otherwise where nothing else is asked for. Servers that are made for tests let no more than five
connections wait; what comes beyond is sent again by the system after a second, five times as long as a check
takes. And the sites are small, while test runners have a process for each core already."""


def config_of(
    targets: Sequence[str | PathLike[str]], file: str | PathLike[str] | None, keys: Mapping[str, Any]
) -> Config:
    """The settings of a check of ``targets``, over ``file`` and the environment.

    Raises ConfigError, UsageError.
    """
    texts = [_path_or_url(target) for target in targets]
    folder = folder_among(texts)
    said: dict[str, object] = {"check.enabled": True}
    origins: dict[str, str] = {}
    asked: dict[str, Any] = dict(keys)
    if texts:
        said["check.folder"] = folder
        asked = {"seeds": texts, **asked} if folder is None else asked
        if "seeds" in keys:
            raise UsageError("check_site(): seeds are given twice, by what is checked and as seeds=…")
    for name, value in asked.items():
        key = OPTIONS.get(name) or OPPOSITES.get(name, name)
        if name in OPPOSITES and isinstance(value, bool):
            value = not value
        for raw in tree_layer({key: value}, f"check_site({name}=…)"):
            if raw.key in origins:
                raise UsageError(f"{raw.key} is given twice, by {origins[raw.key]} and by {raw.origin}")
            said[raw.key], origins[raw.key] = raw.value, raw.origin
    config = Config.load(None if file is None else Path(_path_or_url(file)), said, origins=origins)
    if config.check.folder is None and "check.base_path" in origins:
        raise UsageError("check_site(): base_path is for a folder: the URLs of a site say where it lies")
    changes = {key: value for key, value in FOR_TESTS.items() if config.origin_of(key) == "default"}
    return as_a_check(config.replace(changes, "check_site()"), "check_site()")


def refuse_idle(config: Config, *, fresh: bool) -> None:
    """Raise UsageError where something is asked for that would do nothing in a test."""
    if config.origin_of("check.reports").startswith("check_site("):
        for text in config.check.reports:
            if parse_report(text).path is None:
                name = text.partition("=")[0]
                raise UsageError(
                    f"check_site(report={text!r}): a test's standard output is not for reports: name a file,"
                    f' report="{name}=FILE"'
                )
    if config.out is not None:
        return
    flaky = config.check.flaky
    of_an_out = {
        "check_site(fresh=True)": fresh,
        f"again = true ({config.origin_of('again')})": config.again,
        f"check.flaky = {flaky} ({config.origin_of('check.flaky')})": flaky > 1,
    }
    for said in (name for name, is_so in of_an_out.items() if is_so):
        raise UsageError(f"{said} is about checks that are kept: say in which folder, out=…")


def _path_or_url(given: object) -> str:
    """As a text. Raises UsageError where it is neither."""
    text = given if isinstance(given, str) else fspath(given) if isinstance(given, PathLike) else None
    if isinstance(text, str):
        return text
    raise UsageError(
        f"check_site(): {repr(given)[:100]} is no text, nor a path: it takes URLs as str, a folder or a file"
        " as str or pathlib.Path"
    )
