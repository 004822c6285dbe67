"""What decides what a record says of a page: only records of one recipe can be taken over."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from xxhash import xxh3_128_hexdigest

from crawler.config import Config
from crawler.model.version import VERSION

_DECIDES = (
    "scope",
    "robots.obey",
    "session",
    "sitemaps.max_bytes",
    "fetch.backend",
    "fetch.user_agent",
    "fetch.max_body",
    "fetch.content_types",
    "fetch.max_redirects",
    "parse.extract",
    "parse.keep_text",
    "check.external",
)
"""What a record says of a page depends on these."""
_MAY_BE_LESS = "write: "
"""Before what is kept beside records, of which there may have been more."""


def recipe_of(config: Config, extract: Callable[..., Any] | None) -> str:
    """All that decides what a record says of a page, as JSON: two that are equal make of it the same."""
    decides = {key: value for key, value in flat(config).items() if key.startswith(_DECIDES)}
    del decides["scope.max_pages"]
    decides["crawler"] = VERSION
    decides["parse.extract: its source"] = _source(config.parse.extract, extract)
    decides[f"{_MAY_BE_LESS}keeps_facts"] = config.write.keeps_facts
    decides[f"{_MAY_BE_LESS}keeps_answers"] = config.write.keeps_answers
    return json.dumps(decides)


def differences(before: str, now: str) -> Iterator[str]:
    """In words, why records that were made by the recipe ``before`` are not those of ``now``."""
    if not before:
        yield "they were made in more than one way, or by another version of crawler"
        return
    old, new = json.loads(before), json.loads(now)
    for key in sorted(old.keys() | new.keys()):
        was, wanted = old.get(key), new.get(key)
        if was != wanted and not (key.startswith(_MAY_BE_LESS) and was):
            yield f"{key} was {json.dumps(was)} and is {json.dumps(wanted)}"


def _source(named: str | None, function: Callable[..., Any] | None) -> str | None:
    """A hash of the file in which the extract function is; what that imports is not looked at."""
    module = sys.modules.get(named.partition(":")[0]) if named is not None else None
    subject = function or module
    if subject is None:
        return None
    import inspect  # most crawls have no such function

    try:
        path = inspect.getsourcefile(subject)
        body = Path(path).read_bytes() if path is not None else b""
    except (OSError, TypeError):
        body = b""
    name = getattr(subject, "__qualname__", "")
    return f"{name} {xxh3_128_hexdigest(body)}"


def flat(config: Config) -> dict[str, object]:
    """Every value as JSON has it, by its dotted key."""
    found: dict[str, object] = {}
    for section, value in json.loads(config.to_json()).items():
        if isinstance(value, dict):
            found |= {f"{section}.{key}": inner for key, inner in value.items()}
        else:
            found[section] = value
    return found
