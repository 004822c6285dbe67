"""Which file of a repository a page was made from: for reports whose readers know files, not URLs."""

import os
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlsplit

from crawler.check.file_names import meant
from crawler.check.source_names import NOWHERE, SOURCES, existing, joined, names_of, segments
from crawler.check.source_text import Region, SourceText
from crawler.rules.urls import origin

if TYPE_CHECKING:  # these name the map
    from crawler.check.finding import Finding, Place

TRIED = 1_000
"""Pages below a prefix that are looked for, to see whether a map is of any use."""

_CUT = re.compile(r"[?#]|\Z")


class Spot(NamedTuple):
    """A place as a region of a file; lines and columns count from 1, in characters."""

    file: str
    """Relative, with slashes; not percent-encoded."""
    line: int
    column: int
    end_line: int
    end_column: int
    """Just behind the last character."""


class Mapped(NamedTuple):
    """One line of the map."""

    said: str
    """As it was given: ``URLPREFIX=DIR``."""
    prefix: str
    """What pages begin with: a URL or, with a folder, the path at which it is served; a slash is its end."""
    folder: str
    """Relative to the working directory, with slashes; empty for that itself."""


class Idle(NamedTuple):
    """A line of the map by which no page was found."""

    said: str
    pages: int
    """That were looked for in its folder: all, or the first thousand."""
    example: str
    """One of these; empty without."""
    tried: Sequence[str]
    """The files it may have been, by their usual names."""


class SourceMap:
    """From a page, as reports name it, to a path relative to the working directory, with slashes."""

    def __init__(
        self,
        folder: str | None = None,
        maps: Iterable[Mapped] = (),
        *,
        base: str = "/",
        home: str | None = None,
    ) -> None:
        """``folder``: the checked folder, whose pages are files already; ``base``: where it is served.

        It is relative to the working directory; what is elsewhere is named as in the folder itself.
        ``home``: the origin whose pages are named without their host; None: those of all are.
        """
        self._folder, self._base, self._home = folder, base, home
        self._maps = tuple(maps)
        self._longest_first = sorted(self._maps, key=lambda mapped: -len(mapped.prefix))
        # Only with a map is it work to find a page's file: one of forty names may be there.
        self._found = lru_cache(maxsize=65_536)(self._find) if self._maps else self._find
        self._text = lru_cache(maxsize=4)(SourceText.of)
        self._mentioned = lru_cache(maxsize=4_096)(self._mention)
        self.idle: Sequence[Idle] = ()
        """What :meth:`look_at` has found to be of no use."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Without what it has looked up: a report may go to another process."""
        return partial(SourceMap, self._folder, self._maps, base=self._base, home=self._home), ()

    def file_of(self, page: str) -> str:
        """The page's file; where none is known, a relative path that is made from the URL."""
        return self._found(page)[0]

    def at(self, place: "Place", finding: "Finding") -> Spot:
        """The region of the file in which ``place`` lies, of which ``finding`` names the target.

        Where the file is the page as it was served, that is the attribute or the tag; in another source,
        where the target is named there. The first character of the file, where nothing is known.
        """
        file, path = self._found(place.page)
        start = Spot(file, 1, 1, 1, 2)
        if place.line is None:
            return start
        line, column = place.line, place.column or 1
        is_served = not file.endswith(SOURCES)
        text = None if path is None else self._text(path)
        if path is None or text is None:
            return Spot(file, line, column, line, column + 1) if is_served else start
        region = text.markup_at(line, column) if is_served else None
        region = region or self._mentioned(path, finding.target, place.text, line if is_served else 1)
        return start if region is None else Spot(file, *region)

    def look_at(self, pages: Iterable[str]) -> None:
        """Note by which lines of the map none of ``pages`` has a file."""
        left = {mapped: Idle(mapped.said, 0, "", ()) for mapped in self._maps}
        for page in pages if left else ():
            key = self._key(page)
            for mapped, idle in list(left.items()):
                rest = _below(key, mapped.prefix)
                if rest is None or idle.pages == TRIED:
                    continue
                if existing(mapped.folder, rest):
                    del left[mapped]
                    continue
                if not idle.pages:
                    usual = dict.fromkeys(name for name in names_of(rest) if name.endswith((".html", ".md")))
                    tried = [joined(mapped.folder, name) for name in usual]
                    idle = idle._replace(example=page, tried=tried)
                left[mapped] = idle._replace(pages=idle.pages + 1)
            if not left:
                break
        self.idle = tuple(left.values())

    def _find(self, page: str) -> tuple[str, str | None]:
        """The name of its file, and the path to read it; None where it is not known to be there."""
        key = self._key(page)
        for mapped in self._longest_first:
            rest = _below(key, mapped.prefix)
            if rest is not None and (file := existing(mapped.folder, rest)):
                return file, file
        if self._folder is None or "://" in page:
            return self._made(page), None
        name = "/".join(part for part in self._named(page).split("/") if part not in NOWHERE) or "index.html"
        path = os.path.join(self._folder, name)  # noqa: PTH118 - as often as there are pages
        return joined(_from_here(self._folder), name), path if os.path.isfile(path) else None  # noqa: PTH113

    def _mention(self, path: str, target: str, text: str, near: int) -> Region | None:
        source = self._text(path)
        return None if source is None else source.mention(target, text, near)

    def _key(self, page: str) -> str:
        """What prefixes are of."""
        if self._folder is None or "://" in page:
            return page[: _cuts(page)[-1]]
        page = self._named(page)
        return quote(os.fsencode(page if page.startswith("/") else self._base + page))

    def _named(self, page: str) -> str:
        """The path of a page in the folder, without a query; a file's name may hold a ``?`` or ``#`` too."""
        *later, first = _cuts(page)
        for name in (meant(page[:cut]) for cut in later):
            if os.path.isfile(f"{self._folder}/{name}"):  # noqa: PTH113 - as above
                return name
        return meant(page[:first])

    def _made(self, page: str) -> str:
        """A path from a URL; pages of other origins have their host in it."""
        parts = urlsplit(page)
        names = segments(parts.path)
        if parts.path.endswith("/") or not names:
            names.append("index.html")
        if self._home is not None and parts.netloc and origin(page) != self._home:
            names.insert(0, parts.netloc)
        return "/".join(names)


def _below(key: str, prefix: str) -> str | None:
    """What of ``key`` stands behind ``prefix``, which ends with a slash; None where it is not below it."""
    if key.startswith(prefix):
        return key[len(prefix) :]
    return "" if f"{key}/" == prefix else None


def _cuts(page: str) -> list[int]:
    """Where its path may end, from the last to the first: before each ``?`` and ``#``, or nowhere."""
    return [found.start() for found in _CUT.finditer(page)][::-1]


def _from_here(folder: str) -> str:
    """A folder's path in the working directory; empty for that itself, and for what is elsewhere."""
    path = os.path.normpath(folder).replace(os.sep, "/")
    is_elsewhere = path.startswith("/") or path.split("/")[0] in (".", "..")
    return "" if is_elsewhere else path
