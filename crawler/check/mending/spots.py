"""Where a page stands on a site, however that is written: ``/a``, ``/a/``, ``/a.html``, ``/a/index.html``."""

from functools import lru_cache
from mimetypes import MimeTypes
from typing import NamedTuple
from urllib.parse import unquote

from crawler.check.mending.names import letters

PAGES = frozenset({"html", "htm", "xhtml", "shtml", "php", "asp", "aspx", "jsp", "md"})
"""Suffixes of pages; one without a suffix is a page too."""
_FILES = frozenset(suffix[1:] for suffix in MimeTypes().types_map[1]) | {"avif", "mjs", "otf", "ttf", "webp"}
_INDEX = frozenset({"index", "default"})


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
    def path(self) -> str:
        """By which it is told from others that are named alike."""
        return self.folder + self.name

    @property
    def letters(self) -> str:
        """The key without case, and however words are joined."""
        return (
            f"{'/'.join(map(letters, self.folder.split('/')))}{letters(self.name)}\n{self.kind}?{self.query}"
        )

    @property
    def common_name(self) -> tuple[str, str]:
        """Name and kind, as far as case does not matter."""
        return self.name.casefold(), self.kind

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


@lru_cache(maxsize=4_096)
def upwards(folder: str) -> tuple[str, ...]:
    """A folder and those that it is in, the innermost first."""
    parts = folder.split("/")
    return tuple("/".join([*parts[:end], ""]) for end in range(len(parts) - 1, 0, -1))
