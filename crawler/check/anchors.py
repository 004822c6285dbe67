"""Which fragments are missing: what links ask for, held against the ids and names of all pages.

Both are 64-bit fingerprints of a name and its page (Python's own hash of a text, which is a keyed one),
written one after the other into temporary files, which stay in memory while they are small. At the end they
are compared, a part at a time: so neither all anchors of a large site nor all its links must find room in
memory.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import Self
from urllib.parse import unquote

TOGETHER = 1_500_000
"""Fingerprints that are compared at once: about 120 MB."""
_CHUNK = 1 << 19
"""Bytes that are read at once."""
_IN_MEMORY = 16 << 20
_DIRECTIVE = ":~:"


def without_directive(fragment: str) -> str:
    """What of a fragment is an id or a name: what follows ``:~:`` is for the browser."""
    return fragment.partition(_DIRECTIVE)[0] if _DIRECTIVE in fragment else fragment


def names(fragment: str) -> tuple[str, ...]:
    """The ids or names of which one must be on the page for ``fragment`` to be found; none where all is well.

    HTML standard, section 7.4.6.4 ("find a potential indicated element"): as it is written, then
    percent-decoded; nothing, and ``top`` in any case, are the top of the page. What follows ``:~:`` is for
    the browser (a text to be shown), and not part of the fragment.
    """
    name = without_directive(fragment)
    decoded = unquote(name, errors="replace") if "%" in name else name
    if not name or (len(decoded) == 3 and decoded.lower() == "top"):
        return ()
    return (name,) if decoded == name else (name, decoded)


class Anchors:
    """The anchors that there are, and those that are asked for; a context manager, for its files."""

    def __init__(self, together: int = TOGETHER) -> None:
        self._together = together
        self._held = SpooledTemporaryFile[bytes](_IN_MEMORY)
        self._wanted = SpooledTemporaryFile[bytes](_IN_MEMORY)
        self._pages = array("q")
        """Of each page that asks for some: its id, and how many."""
        self._count = 0
        self.missing: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()
        self._wanted.close()

    def hold(self, anchors: Iterable[str], seed: int) -> None:
        """They are on the page with this seed."""
        self._held.write(array("q", [hash(name) ^ seed for name in anchors]).tobytes())

    def want(self, page: int, wanted: Sequence[tuple[str, int]]) -> None:
        """The page with this id asks for these fragments, each with its target's seed."""
        # Most are what they are: nothing to decode, no directive, not "top".
        found = [
            hash(text) ^ seed for text, seed in wanted if not ("%" in text or ":" in text or len(text) == 3)
        ]
        if len(found) < len(wanted):
            odd = [pair for pair in wanted if "%" in pair[0] or ":" in pair[0] or len(pair[0]) == 3]
            found += [hash(name) ^ seed for text, seed in odd for name in names(text)]
        if found:
            self._wanted.write(array("q", found).tobytes())
            self._pages.extend((page, len(found)))
            self._count += len(found)

    def pages_that_lack_some(self) -> Iterator[int]:
        """Ids of the pages that ask for what is nowhere; from here on ``missing`` are its fingerprints."""
        parts = -(-self._count // self._together)
        for part in range(parts):
            wanted: set[int] = set()
            for some in _read(self._wanted):
                wanted.update(some if parts == 1 else [one for one in some if one % parts == part])
            for some in _read(self._held):
                wanted.difference_update(some)
            self.missing |= wanted
        if not self.missing:
            return
        self._wanted.seek(0)
        pages = iter(self._pages)
        for page, count in zip(pages, pages, strict=True):
            if not self.missing.isdisjoint(array("q", self._wanted.read(8 * count))):
                yield page

    def lacks(self, fragment: str, seed: int) -> bool:
        """Whether nothing on the page with this seed goes by any name of ``fragment``."""
        sought = names(fragment)
        return bool(sought) and all(hash(name) ^ seed in self.missing for name in sought)


def _read(file: SpooledTemporaryFile[bytes]) -> Iterator["array[int]"]:
    file.seek(0)
    first = file.read(_CHUNK)
    for some in chain((first,), iter(lambda: file.read(_CHUNK), b"")):
        yield array("q", some)
