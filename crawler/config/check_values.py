"""The types of the keys that say what of a check's findings counts."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple

import msgspec

from crawler.config.values import After, Allowed, Before, regex
from crawler.model.findings import RULE_IDS


class Table(Mapping[str, Any]):
    """Some keys of one kind with their values; immutable, as all settings are."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, object] | None = None) -> None:
        self._values = dict(values or {})

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        return repr(self._values)


def plain(value: object) -> object:
    """A value that JSON does not know, as one that it does: a table, or the path of a file."""
    return dict(value) if isinstance(value, Table) else str(value)


class Entries(NamedTuple):
    """Of a table: the keys that it may have, and what the value of each may be."""

    names: tuple[str, ...]
    annotation: Any
    """It has None among its types: an entry that is not given."""


class Ignore(msgspec.Struct, frozen=True):
    """Findings that are not to be told."""

    rule: str
    """An id, or ``*`` for every rule."""
    url: str
    """A regular expression; it is searched in the target and in the page."""
    reason: str


_PARTS = ("rule", "url", "reason")


def nearest(word: str, words: tuple[str, ...]) -> str | None:
    """The one of ``words`` that was probably meant; None where nothing is like it."""
    import difflib

    return next(iter(difflib.get_close_matches(word, words, 1)), None)


def _ignore(value: object) -> Ignore:
    """Raises ValueError with the reason."""
    if isinstance(value, Ignore):
        return value
    if not isinstance(value, Mapping):
        raise ValueError("it is no table")
    if strange := [str(name) for name in value if name not in _PARTS]:
        raise ValueError(f"it has {strange[0]}")
    for name in _PARTS:
        text = value.get(name)
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"it has no {name}")
    rule, url, reason = (value[name].strip() for name in _PARTS)
    if rule != "*" and rule not in RULE_IDS:
        near = nearest(rule, RULE_IDS)
        meant = f", did you mean {near}?" if near else ""
        raise ValueError(f"there is no rule {rule}{meant} There are {', '.join(RULE_IDS)}")
    try:
        return Ignore(rule, regex(url), reason)
    except ValueError as error:
        raise ValueError(f"url is no regular expression: {error}") from None


def _base_path(text: str) -> str:
    """With a slash at both ends. Raises ValueError."""
    path = f"/{text.strip('/')}/" if text.strip("/") else "/"
    if re.search(r"[?#%\\\s]|//|/\.{1,2}/", path):
        raise ValueError("it is no plain path")
    return path


IgnoreTable = Annotated[
    Ignore,
    Before(_ignore),
    Allowed(
        "a table with rule (an id, or * for every rule), url (a regular expression that is searched in the"
        " target and in the page) and reason (some words)"
    ),
]
BasePath = Annotated[str, After(_base_path), Allowed("a path such as /docs/")]


def _source_prefix(text: str) -> str:
    """Raises ValueError."""
    prefix, has_folder, folder = text.partition("=")
    if not (prefix and has_folder and folder):
        raise ValueError("it has another form")
    return text


SourcePrefix = Annotated[
    str, After(_source_prefix), Allowed("URLPREFIX=DIR, such as https://example.com/docs/=docs")
]
ReportName = Annotated[str, Allowed("FORMAT=FILE, such as junit=report.xml")]
"""Which formats there are is for the reports to say."""
