"""Settings as lines of TOML, for people: the effective ones with their origins, and a file to begin with."""

import json
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from crawler.config.check_values import Ignore
from crawler.config.keys import Key
from crawler.config.problems import LOGIN
from crawler.config.session_values import REFERENCE
from crawler.config.settings import KEYS, Config, value_of

_WIDTH = 100
_EXAMPLES = {
    "seeds": '["https://example.com/"]',
    "check.ignore": '[{ rule = "missing-alt", url = "/archive/", reason = "nobody reads it" }]',
}
"""What a file to begin with shows in the place of a default that says little."""
_HOLDING_SECRETS = {"session.headers": ": ", "session.send_cookies": "="}
"""Keys whose items hold a value that may be secret, and what it stands behind."""

_ITSELF_SECRET = {"dashboard.token"}
"""Keys whose whole value is."""


def told(config: Config, key: str) -> Any:
    """The value of a key as it may be shown: without logins in URLs, or values of headers and cookies.

    References to variables are no secret. Made of what JSON can hold.
    """
    value = value_of(config, key)
    if key in _ITSELF_SECRET and value is not None:
        return "***"
    if (mark := _HOLDING_SECRETS.get(key)) and isinstance(value, tuple):
        return [_hidden(item, mark) for item in value]
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return _plain(value)


def effective(config: Config) -> Iterator[str]:
    """Every key with its value, and as a comment where that came from; a file that ``-c`` reads.

    Of a table's entries only those that are given: the others have no value.
    """
    lines = [
        (key, f"{key.name.rpartition('.')[2]} = {_toml(told(config, key.name))}")
        for key in KEYS.values()
        if not key.is_entry or config.origin_of(key.name) != "default"
    ]
    width = min(48, max(len(line) for _, line in lines))
    for key, line in _by_table(lines):
        yield f"{line:<{width}}  # {config.origin_of(key.name)}" if key else line


def as_json(config: Config) -> dict[str, dict[str, Any]]:
    """The same by dotted key: ``value``, and ``origin``."""
    return {key: {"value": told(config, key), "origin": config.origin_of(key)} for key in KEYS}


def starter() -> Iterator[str]:
    """A config file in which every key is explained, commented out, and has its default."""
    yield "# Settings of a crawl: crawler run -c FILE. Take the # away from a key to set it; each shows its"
    yield "# default, and none is the word for no value. The environment (CRAWLER_FETCH__CONCURRENCY=8) and"
    yield "# options win over this file. crawler config -c FILE shows what holds, and why."
    yield ""
    lines = [(key, f"# {key.name.rpartition('.')[2]} = {_default(key)}") for key in KEYS.values()]
    before = ""
    for key, line in _by_table(lines):
        if key:
            text = f"{key.about.description} Allowed: {key.allowed}."
            if text != before:  # the entries of a table are explained once
                yield from textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="#   ")
            before = text
        yield line


def _by_table(lines: Iterable[tuple[Key, str]]) -> Iterator[tuple[Key | None, str]]:
    """The lines of keys under the headers of their tables, which have no key."""
    table = ""
    for key, line in lines:
        section = key.name.rpartition(".")[0]
        if section != table:
            table = section
            yield None, ""
            yield None, f"[{section}]"
        yield key, line


def _default(key: Key) -> str:
    return _EXAMPLES.get(key.name) or _toml(_plain(key.default))


def _toml(value: Any) -> str:
    """A value as TOML spells it; JSON spells all alike but no value, and what holds a mapping."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {_toml(inner)}' for name, inner in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return '"none"' if value is None else json.dumps(value, ensure_ascii=False)


def _plain(value: object) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Ignore):
        return msgspec.structs.asdict(value)
    return value if value is None or isinstance(value, bool | int | float) else LOGIN.sub("***@", str(value))


def _hidden(item: str, mark: str) -> str:
    name, _, value = item.partition(mark)
    return item if not value or REFERENCE.fullmatch(value) else f"{name}{mark}***"
