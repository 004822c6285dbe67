"""Where a page stands on a site, however that is written: ``/a``, ``/a/``, ``/a.html``, ``/a/index.html``."""

import re
from collections.abc import Iterator
from functools import lru_cache
from mimetypes import MimeTypes
from typing import NamedTuple
from urllib.parse import unquote

PAGES = frozenset({"html", "htm", "xhtml", "shtml", "php", "asp", "aspx", "jsp", "md"})
"""Suffixes of pages; one without a suffix is a page too."""
_FILES = frozenset(suffix[1:] for suffix in MimeTypes().types_map[1]) | {"avif", "mjs", "otf", "ttf", "webp"}
_INDEX = frozenset({"index", "default"})
_PARTS = re.compile(r"[\W_]+")


LONGEST = 255
"""Characters of a name that may have been misspelt; no file's is longer."""


class Spot(NamedTuple):
    """A path taken apart."""

    folder: str
    """Decoded, with a slash at both ends."""
    name: str
    """The last segment without its suffix; of a folder's index, the folder's name."""
    kind: str
    """Empty for a page, else the suffix in lower case: a picture is never where a page was."""
    query: str

    @property
    def key(self) -> str:
        """The same for every way in which the spot may be written."""
        return f"{self.folder}{self.name}\n{self.kind}?{self.query}"

    @property
    def letters(self) -> str:
        """The key without case and punctuation."""
        return (
            f"{'/'.join(map(letters, self.folder.split('/')))}{letters(self.name)}\n{self.kind}?{self.query}"
        )

    @property
    def common_name(self) -> tuple[str, str]:
        """Name and kind, as far as case does not matter."""
        return self.name.casefold(), self.kind

    @property
    def near(self) -> Iterator[tuple[str, str, str]]:
        """By which it is found that a name of the same folder and kind is one change apart."""
        return ((self.folder, self.kind, short) for short in shortened(self.name))

    def moved(self, before: str, after: str) -> "Spot":
        """The spot below another folder than ``before``."""
        return self._replace(folder=after + self.folder.removeprefix(before))


@lru_cache(maxsize=4_096)
def spot_of(path: str) -> Spot:
    """Of a path, encoded, that may have a query."""
    path, _, query = path.partition("?")
    folder, _, last = unquote(path, errors="replace").rpartition("/")
    name, dot, suffix = last.rpartition(".")
    suffix = suffix.lower()
    kind = ""
    if not dot or (suffix not in PAGES and suffix not in _FILES):
        name = last
    elif suffix not in PAGES:
        kind = suffix
    if not kind and (not name or name.lower() in _INDEX):
        folder, _, name = folder.rpartition("/")
    return Spot(f"{folder}/", name, kind, query)


def letters(text: str) -> str:
    """Letters and digits alone, without case."""
    return _PARTS.sub("", text).casefold()


def shortened(name: str) -> set[str]:
    """The name, and all that is left without one character: names one change apart have one in common.

    One that is too long for a file's has none, since they would be too many.
    """
    if len(name) > LONGEST:
        return {name}
    return {name, *(name[:at] + name[at + 1 :] for at in range(len(name)))}


def are_one_change_apart(one: str, other: str) -> bool:
    """Whether one letter was put in, left out, changed, or swapped with the next; digits are as they were."""
    short, long = sorted((one, other), key=len)
    if one == other or len(long) - len(short) > 1 or digits(one) != digits(other):
        return False
    begin = 0
    while begin < len(short) and short[begin] == long[begin]:
        begin += 1
    if short[begin:] == long[begin + 1 :]:
        return True
    same_length = len(short) == len(long)
    swapped = (
        short[begin : begin + 2] == long[begin : begin + 2][::-1] and short[begin + 2 :] == long[begin + 2 :]
    )
    return same_length and (short[begin + 1 :] == long[begin + 1 :] or swapped)


def digits(text: str) -> str:
    """Numbers tell apart what else is alike: ``3.11`` and ``3.12``, ``page-1`` and ``page-2``."""
    return "".join(filter(str.isdigit, text))


@lru_cache(maxsize=4_096)
def upwards(folder: str) -> tuple[str, ...]:
    """A folder and those that it is in, the innermost first."""
    parts = folder.split("/")
    return tuple("/".join([*parts[:end], ""]) for end in range(len(parts) - 1, 0, -1))
