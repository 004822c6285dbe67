"""Archives on a bench: exchanges made by hand, and the judges that read what came of them."""

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fastwarc.warc import ArchiveIterator, WarcRecordType
from msgspec.structs import replace
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from crawler.model.exchange import Exchange
from crawler.model.messages import Finished
from crawler.sinks.warc import WarcConfig, WarcSink
from tests.stations.writing import finished

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
REQUEST = b"GET /%d HTTP/1.1\r\nHost: a.example\r\nUser-Agent: probe/7 (+http://a.example/)\r\n\r\n"
AT = 1_717_171_717.123456


class Judged(NamedTuple):
    """A WARC record as warcio has it, its digests checked."""

    kind: str
    fields: dict[str, str]
    http: Any
    payload: bytes
    """Of what has an HTTP head, what stands behind it; else the block."""


def sha1(data: bytes) -> str:
    """A digest as archives tell it."""
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def exchange(number: int, payload: bytes = b"<p>hello", **others: Any) -> Exchange:
    """The answer to URL ``number``."""
    given: dict[str, Any] = {
        "url": f"http://a.example/{number}",
        "at": AT + number,
        "request": REQUEST % number,
        "head": HEAD,
        "protocol": "HTTP/1.1",
        "address": "192.0.2.7",
        "payload": (payload,) if payload else (),
        "size": len(payload),
    }
    return Exchange(**(given | others))


def answered(number: int, *exchanges: Exchange, **others: Any) -> Finished:
    """URL ``number``, with these exchanges; without any, with one of its own."""
    given = exchanges or (exchange(number, b"<p>page %d" % number),)
    return replace(finished(number, **others), exchanges=given)


def opened(path: Path, position: int | None = None, **options: Any) -> WarcSink:
    """The sink, cut back to ``position``, or as it was found."""
    sink = WarcSink(WarcConfig(**options))
    found = sink.open(path)
    sink.cut(found if position is None else position)
    return sink


def write(sink: WarcSink, items: Sequence[Finished]) -> int:
    """Have these written and synced; the position behind them."""
    position = sink.write([kept for kept in map(WarcSink.keeps, items) if kept is not None])
    sink.sync()
    return position


def written(path: Path, *items: Finished, **options: Any) -> list[Judged]:
    """The records of an archive of these."""
    sink = opened(path, **options)
    write(sink, items)
    sink.close()
    return judge(path)


def judge(folder: Path) -> list[Judged]:
    """Every record in an archive, as warcio reads it; fastwarc must find the same, and right digests."""
    found = []
    for part in sorted(folder.glob("*.warc.gz")):
        with part.open("rb") as file:
            for record in WarcioIterator(file, check_digests="raise"):
                payload = record.raw_stream.read()
                fields = dict(record.rec_headers.headers)
                found.append(Judged(record.rec_type, fields, record.http_headers, payload))
    assert [(record.kind, record.fields["WARC-Record-ID"]) for record in found] == second_opinion(folder)
    return found


def second_opinion(folder: Path) -> list[tuple[str, str]]:
    """Type and id of every record, as fastwarc reads them, which checks their digests."""
    found = []
    for part in sorted(folder.glob("*.warc.gz")):
        for record in ArchiveIterator(str(part), parse_http=False):
            if "WARC-Block-Digest" in record.headers:
                assert record.verify_block_digest()
            if record.record_type == WarcRecordType.response:
                record.parse_http()
                assert record.verify_payload_digest()
            found.append((record.headers["WARC-Type"], record.headers["WARC-Record-ID"]))
    return found


def urls(folder: Path) -> list[str]:
    """The URLs of the records that the sink gives back, which are those that warcio finds."""
    own = [json.loads(line)["url"] for line in WarcSink.read(folder)]
    assert own == [record.fields["WARC-Target-URI"] for record in judge(folder) if record.kind == "metadata"]
    return own
