"""The places a value can come from, each read into the same flat form: key, value, origin.

A layer is what one place says. Layers are merged lowest first; the last word on a key wins, and
its origin is kept. (pydantic-settings merges sources too, but forgets who said what, and takes a tenth
of a second to import.)
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from crawler.config.keys import Key
from crawler.config.sections import Section
from crawler.model.errors import ConfigError


class Text(str):
    """A value typed by a person outside a TOML file: its meaning depends on the key's type."""

    __slots__ = ()


class Given(NamedTuple):
    """A value, and who gave it."""

    key: str
    """Dotted."""
    value: object
    origin: str


Layer = list[Given]


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
        Given(name[len(prefix) :].lower().replace(delimiter, "."), Text(value), f"environment {name}")
        for name, value in os.environ.items()
        if name.upper().startswith(prefix) and name.upper() not in NO_SETTINGS
    ]


def tree_layer(tree: Mapping[str, object], origin: str) -> Layer:
    """What nested mappings, section models or dotted keys say."""
    return list(_flat("", tree, origin))


def _flat(prefix: str, tree: Mapping[str, object], origin: str) -> Iterator[Given]:
    for name, value in tree.items():
        if isinstance(value, Section):
            value = _said_by(value)
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{name}.", value, origin)
        else:
            yield Given(f"{prefix}{name}", value, origin)


def _said_by(section: Section) -> dict[str, object]:
    """What a section model says: the values that are not the defaults."""
    defaults = type(section)()
    values = {name: getattr(section, name) for name in section.__struct_fields__}
    return {name: value for name, value in values.items() if value != getattr(defaults, name)}


def understood(key: Key, value: object) -> object:
    """``value`` as it is to be converted: text read as TOML, one item made a list, "none" made None."""
    if isinstance(value, Text):
        value = _from_text(key, value)
    if isinstance(value, str) and key.optional and value.lower() == "none":
        return None
    if isinstance(value, str) and key.is_list:
        return (value,)
    return value


def _from_text(key: Key, text: Text) -> object:
    """The TOML value that ``text`` spells, or else the text itself, as a plain string."""
    plain = str(text)
    if key.is_text and plain.lstrip()[:1] not in "\"'":
        return plain  # no TOML string, so there is nothing to read
    import tomllib

    try:
        parsed = tomllib.loads(f"value = {plain}")
    except tomllib.TOMLDecodeError:
        return plain
    value = parsed["value"]
    if len(parsed) > 1 or (key.is_text and not isinstance(value, str)):
        return plain
    return plain if key.is_list and not isinstance(value, list | str) else value


def assignment(text: str) -> tuple[str, str]:
    """``key.path=value`` as given to ``--set``: the key and the value's text.

    Raises ConfigError where there is no key or no equals sign.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"--set {text} (command line) is not understood; allowed: key.path=value")
    return key.strip(), Text(value)
