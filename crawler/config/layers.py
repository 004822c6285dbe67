"""The places a value can come from, each read into the same flat form: key, value, origin.

A layer is what one place says. Layers are merged lowest first; the last word on a key wins, and
its origin is kept. (pydantic-settings merges sources too, but forgets who said what, and takes a tenth
of a second to import.)
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from crawler.config.check_values import Table
from crawler.config.keys import Key
from crawler.model.errors import ConfigError
from crawler.model.settings import Section


class Text(str):
    """A value typed by a person outside a TOML file: its meaning depends on the key's type."""

    __slots__ = ()


class RawValue(NamedTuple):
    """A value as it was given, before it is checked, and who gave it."""

    key: str
    """Dotted."""
    value: object
    origin: str


Layer = list[RawValue]


def file_layer(path: Path) -> Layer:
    """What the TOML file at ``path`` says. Raises ConfigError: not readable, or not TOML (with the line)."""
    import tomllib

    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"the config file {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"the config file {path} is not UTF-8 (byte {error.start})") from None
    try:
        return tree_layer(tomllib.loads(text), str(path))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"the config file {path} is not valid TOML: {error}") from None


NO_SETTINGS = {"CRAWLER_FAULT"}
"""Variables that look like settings; this one is for crash tests (:mod:`crawler.plumbing.faults`)."""


def environment_layer(prefix: str, delimiter: str) -> Layer:
    """What environment variables such as ``CRAWLER_FETCH__CONCURRENCY`` say."""
    return [
        RawValue(name[len(prefix) :].lower().replace(delimiter, "."), Text(value), f"environment {name}")
        for name, value in os.environ.items()
        if name.upper().startswith(prefix) and name.upper() not in NO_SETTINGS
    ]


def tree_layer(tree: Mapping[str, object], origin: str, origins: Mapping[str, str] | None = None) -> Layer:
    """What nested mappings, section models or dotted keys say; ``origins`` may know better, by dotted key."""
    layer = list(_flat("", tree, origin))
    return [raw._replace(origin=origins.get(raw.key, raw.origin)) for raw in layer] if origins else layer


def _flat(prefix: str, tree: Mapping[str, object], origin: str) -> Iterator[RawValue]:
    for name, value in tree.items():
        if isinstance(value, Section):
            value = _said_by(value)
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{name}.", value, origin)
        else:
            yield RawValue(f"{prefix}{name}", value, origin)


def _said_by(section: Section) -> dict[str, object]:
    """What a section model says: the values that are not the defaults."""
    defaults = type(section)()
    values = {name: getattr(section, name) for name in section.__struct_fields__}
    return {name: value for name, value in values.items() if value != getattr(defaults, name)}


def nested(flat: Mapping[str, object]) -> dict[str, Any]:
    """Values by dotted key, section by section; what is in a table of a section is made one."""
    tree: dict[str, Any] = {}
    for dotted, value in flat.items():
        section, *names = dotted.split(".")
        if not names:
            tree[section] = value
        elif len(names) == 1:
            tree.setdefault(section, {})[names[0]] = value
        elif value is not None:  # else it is as if it were not given
            table, entry = names
            inner = tree.setdefault(section, {})
            inner[table] = Table({**inner.get(table, {}), entry: value})
    return tree


def parse_text(key: Key, value: object) -> object:
    """``value`` as it is to be converted: text read as TOML, one item made a list, "none" made None."""
    if isinstance(value, Text):
        value = _from_toml(key, str(value))
    if isinstance(value, str) and key.optional and value.lower() == "none":
        return None
    if isinstance(value, str) and key.is_list:
        return (value,)
    return value


def _from_toml(key: Key, text: str) -> object:
    """The TOML value that ``text`` spells, or else the text itself, as a plain string."""
    if key.is_text and text.lstrip()[:1] not in "\"'":
        return text  # no TOML string, so there is nothing to read
    import tomllib

    try:
        parsed = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    value = parsed["value"]
    wanted = str if key.is_text else list | str if key.is_list else object
    return value if len(parsed) == 1 and isinstance(value, wanted) else text


def assignment(text: str) -> tuple[str, str]:
    """``key.path=value`` as given to ``--set``: the key and the value's text.

    Raises ConfigError where there is no key or no equals sign.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"--set {text} (command line) is not understood; allowed: key.path=value")
    return key.strip(), Text(value)
