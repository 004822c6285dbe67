"""Answers read back from an archive: one pass finds out where they are, then each is read at its place."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple

from crawler.sinks.base import unreadable
from crawler.sinks.warc_reading import GZIP, chunks, members, zlib
from crawler.sinks.warc_records import END, part_name, uri

_Place = tuple[Path, int]
"""A part, and the byte at which a record begins there."""


class Answer(NamedTuple):
    """What a server said last of a URL."""

    url: str
    head: bytes
    """Status line and header fields, as they are archived."""
    payload: bytes
    """Before its content codings are undone."""


def read_answers(folder: Path, position: int, urls: Collection[str], most: int) -> Iterator[Answer]:
    """What was answered last, before ``position``, to each of ``urls``, in full; in the archive's order.

    A URL without an answer is left out, as is one whose payload has more than ``most`` bytes. Raises
    OutputError where a part is damaged.
    """
    places = _places(folder, position, {uri(url): url for url in urls})
    for path, offset in sorted(places):
        answer = _at(path, offset, most)
        if answer is not None:
            for url in places[path, offset]:
                yield Answer(url, *answer)


def _places(folder: Path, position: int, wanted: Mapping[str, str]) -> dict[_Place, list[str]]:
    """Where the last answer to each URL is; several have the place of one that says the same."""
    last: dict[str, _Place | tuple[str, str]] = {}
    for place, fields in _records(folder, position):
        url = wanted.get(fields.get("WARC-Target-URI", ""))
        if url is None:
            continue
        if fields["WARC-Type"] == "response":
            last[url] = place
        elif fields.get("WARC-Profile", "").endswith("/identical-payload-digest"):
            # What it says is another URL's, or was this one's at another time.
            last[url] = fields.get("WARC-Refers-To-Target-URI", ""), fields.get("WARC-Refers-To-Date", "")
    elsewhere = {one: url for url, one in last.items() if isinstance(one[1], str)}
    if elsewhere:
        for place, fields in _records(folder, position):
            which = fields.get("WARC-Target-URI", ""), fields.get("WARC-Date", "")
            if fields["WARC-Type"] == "response" and which in elsewhere:
                last |= {url: place for url, one in last.items() if one == which}
    found: dict[_Place, list[str]] = {}
    for url, where in last.items():
        if isinstance(where[0], Path) and isinstance(where[1], int):
            found.setdefault((where[0], where[1]), []).append(url)
    return found


def _records(folder: Path, position: int) -> Iterator[tuple[_Place, dict[str, str]]]:
    """Every response and revisit before ``position``, with its named fields."""
    begins = 0
    for number in count(1):
        path = folder / part_name(number)
        if begins >= position:
            return
        try:
            size = min(path.stat().st_size, position - begins)
            for offset, text in members(path, 0, size):
                lines = text.partition(END)[0].decode("utf-8", "replace").split("\r\n")
                fields = dict(line.partition(": ")[::2] for line in lines)
                if fields.get("WARC-Type") in ("response", "revisit"):
                    yield (path, offset), fields
        except (OSError, EOFError, zlib.error) as error:
            raise unreadable(path, getattr(error, "strerror", None) or str(error), 0) from None
        begins += size


def _at(path: Path, offset: int, most: int) -> tuple[bytes, bytes] | None:
    """Head and payload of the answer whose record begins there; None where it is too long."""
    member, whole = zlib.decompressobj(GZIP), bytearray()
    with suppress(OSError, zlib.error):
        for chunk in chunks(path, offset, path.stat().st_size):
            whole += member.decompress(chunk, most + 1 - len(whole))
            if member.eof or len(whole) > most:
                break
    if not member.eof or len(whole) > most:
        return None
    head, _, payload = bytes(whole).partition(END)[2].partition(b"\r\n\r\n")
    return head, payload.removesuffix(END)
