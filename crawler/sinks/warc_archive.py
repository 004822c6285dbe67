"""The archive as its writer has it: exchanges and records in, members of gzip files out.

One gzip member holds one WARC record, so that a file can be cut behind any of them, and an index can point
to each.
"""

import hashlib
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
from isal import isal_zlib

from crawler.model.exchange import Exchange
from crawler.model.settings import MIB
from crawler.sinks import warc_records
from crawler.sinks.warc_parts import Parts
from crawler.sinks.warc_places import Places
from crawler.sinks.warc_revisits import (
    Original,
    is_not_modified,
    is_of,
    is_ok,
    not_modified,
    original,
    same_payload,
)

LEVEL = 1
"""Of compression, 0 to 3. What 2 and 3 save more is not worth their time: see ``benchmarks/archive.py``."""
SMALL = 4_096
"""Bytes of a record below which level 0 does: to prepare the other takes longer than its work."""
_GZIP = 31
"""What zlib calls the window bits of a gzip member."""
_decode = msgspec.msgpack.Decoder(tuple[str, bytes, tuple[Exchange, ...]]).decode

_sha1 = partial(hashlib.sha1, usedforsecurity=False)
"""What all tools compare by."""


def _pieces(exchange: Exchange) -> Iterator[bytes]:
    """The payload, at most 1 MiB of it in memory where it is in a file."""
    yield from exchange.payload
    if exchange.path is not None:
        with Path(exchange.path).open("rb") as file:
            while piece := file.read(MIB):
                yield piece


class Archive:
    """An archive that is open for writing."""

    def __init__(self, folder: Path, part_bytes: int) -> None:
        """Make the folder, or find what it holds."""
        self.parts = Parts(folder, part_bytes)
        self._payloads = Places(folder.with_name(f".{folder.name}.payloads"))
        self._urls = Places(folder.with_name(f".{folder.name}.urls"))
        """Of those that were answered with 200, which is what a 304 speaks of."""

    def write(self, item: bytes) -> None:
        """Append the WARC records of one finished URL, as :meth:`WarcSink.keeps` tells of it."""
        url, record, exchanges = _decode(item)
        if self.parts.needs_new:
            request = exchanges[0].request if exchanges else b""
            name, position = self.parts.next_name, self.parts.end
            info = warc_records.warcinfo(name, position, request, time.time())
            self.parts.begin(isal_zlib.compress(info, LEVEL, _GZIP))
        answer, at = None, time.time()
        for exchange in exchanges:
            answer, at = self._write_exchange(exchange), exchange.at
        if record:
            self._append(warc_records.metadata(url, record, at, answer))

    def _append(self, record: bytes) -> None:
        self.parts.append(isal_zlib.compress(record, LEVEL if len(record) > SMALL else 0, _GZIP))

    def _write_exchange(self, exchange: Exchange) -> str:
        """Append the request and the answer; the id of the latter's record."""
        own = warc_records.new_id()
        self._append(warc_records.request(exchange, own, _sha1(exchange.request).digest()))
        if is_not_modified(exchange):
            self._append(not_modified(exchange, own, self._last_of(exchange.url)))
            return own
        if is_ok(exchange):
            self._urls.put(_sha1(exchange.url.encode()).digest(), self.parts.end)
        head = warc_records.http_head(exchange)
        payload, block, length = _sha1(), _sha1(head), len(head)
        for piece in _pieces(exchange):
            payload.update(piece)
            block.update(piece)
            length += len(piece)
        digest = payload.digest()
        of_payload = warc_records.labelled(digest)
        # Of a payload that was cut off, nobody knows how it goes on: it is the same as no other.
        is_whole = length > len(head) and exchange.cut is None
        if is_whole and (first := self._seen(digest, of_payload)):
            digests = (of_payload, warc_records.labelled(_sha1(head).digest()))
            self._append(same_payload(exchange, own, digests, head, first))
            return own
        at = self.parts.end
        digests = (of_payload, warc_records.labelled(block.digest()))
        self._write_answer(exchange, warc_records.response(exchange, own, digests, length) + head)
        if is_whole:
            self._payloads.put(digest, at)
        return own

    def _write_answer(self, exchange: Exchange, start: bytes) -> None:
        if exchange.path is None:
            self._append(b"".join((start, *exchange.payload, warc_records.END)))
            return
        member = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, _GZIP)
        self.parts.append(member.compress(start))
        for piece in _pieces(exchange):
            self.parts.append(member.compress(piece))
        self.parts.append(member.compress(warc_records.END) + member.flush())

    def _seen(self, digest: bytes, labelled: str) -> Original | None:
        """The response in the archive that has this payload; None where there is none."""
        for position in self._payloads.find(digest):
            fields = self.parts.head_at(position)
            if fields.get("WARC-Type") == "response" and fields.get("WARC-Payload-Digest") == labelled:
                return original(fields)
        return None

    def _last_of(self, url: str) -> Original | None:
        """What was last answered to ``url`` in full; None where the archive does not have it."""
        for position in self._urls.find(_sha1(url.encode()).digest()):
            fields = self.parts.head_at(position)
            if is_of(url, fields) and (found := original(fields)) is not None:
                return found
        return None

    def close(self) -> None:
        """Close the files; what was not synced is dropped."""
        self._payloads.close()
        self._urls.close()
        self.parts.close()
