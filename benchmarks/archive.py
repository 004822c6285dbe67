"""What an archive costs its writer: ``python benchmarks/archive.py [--pages N] [--size BYTES]``.

The sink ``warc`` and warcio write the same requests and answers into files, in turns, in this process;
nothing is synced; medians of the processor's time are told. The pages are this project's own texts, cut to
one size. The crawl's records (with 60 links each) are written by the sink alone, so it is measured with and
without them, and at each level of compression.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from io import BytesIO
from pathlib import Path

from msgspec.structs import replace
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.model.exchange import Exchange
from crawler.model.messages import Finished, Ticket
from crawler.model.outcomes import Outcome, Purpose
from crawler.model.record import Record, encode
from crawler.sinks import warc_archive
from crawler.sinks.warc import WarcSink

ROOT = Path(__file__).parent.parent
HEADERS = [
    ("Server", "nginx/1.24.0"),
    ("Date", "Fri, 31 May 2024 16:08:37 GMT"),
    ("Content-Type", "text/html; charset=utf-8"),
    ("Last-Modified", "Thu, 30 May 2024 08:00:00 GMT"),
    ("Connection", "keep-alive"),
    ("ETag", '"66583cb0-b7d8"'),
    ("Accept-Ranges", "bytes"),
]
ASKED = [("Host", "large.test"), ("User-Agent", "crawler/0.1.0"), ("Accept-Encoding", "gzip, deflate, br")]


def pages(number: int, size: int) -> list[bytes]:
    """So many distinct texts of one size."""
    texts = b"".join(path.read_bytes() for path in sorted((ROOT / "crawler").rglob("*.py")))
    step = max(1, (len(texts) - size) // number)
    return [b"%8d\n" % n + texts[n * step : n * step + size - 9] for n in range(number)]


def head(first: str, headers: list[tuple[str, str]]) -> bytes:
    return "\r\n".join([first, *(f"{name}: {value}" for name, value in headers), "", ""]).encode()


def answered(number: int, page: bytes) -> Finished:
    url = f"http://large.test/{number}"
    links = [f"http://large.test/section/{number * 7 + link}.html" for link in range(60)]
    record = Record(
        url=url, final_url=url, outcome=Outcome.OK, depth=1, attempts=1, fetched_at="", title="t", links=links
    )
    exchange = Exchange(
        url=url,
        at=1_717_171_717.25,
        request=head(f"GET /{number} HTTP/1.1", ASKED),
        head=head("HTTP/1.1 200 OK", HEADERS),
        protocol="HTTP/1.1",
        address="192.0.2.7",
        payload=(page,),
        size=len(page),
    )
    return Finished(Ticket(number, url, 1, 1), Outcome.OK, None, encode(record), exchanges=(exchange,))


def ours(items: list[Finished], folder: Path, level: int, *, with_records: bool) -> float:
    """Seconds that writing takes, without the syncs."""
    purpose = Purpose.PAGE if with_records else Purpose.ASSET
    items = [replace(item, ticket=replace(item.ticket, purpose=purpose)) for item in items]
    kept = [item for item in map(WarcSink.keeps, items) if item is not None]
    warc_archive.LEVEL = level
    sink = WarcSink()
    sink.open(folder)
    sink.cut(0)
    started = time.process_time()
    sink.write(kept)
    took = time.process_time() - started
    sink.sync()
    sink.close()
    return took


def theirs(items: list[Finished], folder: Path) -> float:
    folder.mkdir()
    with (folder / "crawl-00001.warc.gz").open("wb") as file:
        started = time.process_time()
        writer = WARCWriter(file, gzip=True, warc_version="1.1")
        for item in items:
            (exchange,) = item.exchanges
            asked = StatusAndHeaders(
                f"/{item.ticket.id} HTTP/1.1", ASKED, protocol="GET", is_http_request=True
            )
            answer = StatusAndHeaders("200 OK", HEADERS, protocol="HTTP/1.1")
            fields = {"WARC-IP-Address": exchange.address, "WARC-Date": "2024-05-31T16:08:37.250000Z"}
            response = writer.create_warc_record(
                exchange.url,
                "response",
                BytesIO(exchange.payload[0]),
                http_headers=answer,
                warc_headers_dict=fields,
            )
            request = writer.create_warc_record(
                exchange.url, "request", http_headers=asked, warc_headers_dict=dict(fields)
            )
            writer.write_request_response_pair(request, response)
        return time.process_time() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--size", type=int, default=47_000, help="bytes of a page")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    items = [answered(number, page) for number, page in enumerate(pages(options.pages, options.size))]
    took: dict[str, list[float]] = {}
    size: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as scratch:
        count = itertools.count()

        def measure(name: str, seconds: float, folder: Path) -> None:
            took.setdefault(name, []).append(seconds)
            size[name] = sum(part.stat().st_size for part in folder.iterdir())
            for part in folder.iterdir():
                part.unlink()

        for _ in range(options.rounds):
            for level in range(4):
                for with_records in (False, True):
                    name = f"warc, level {level}{', with records' if with_records else ''}"
                    folder = Path(scratch, str(next(count)))
                    measure(name, ours(items, folder, level, with_records=with_records), folder)
            folder = Path(scratch, str(next(count)))
            measure("warcio", theirs(items, folder), folder)
    print(f"{options.pages:,} pages of {options.size:,} bytes, {options.rounds} rounds")
    print(f"{'':28} {'CPU µs/page':>10} {'pages/s':>9} {'MB':>7}")
    for name, seconds in took.items():
        middle = statistics.median(seconds) / options.pages
        print(f"{name:28} {middle * 1e6:10.0f} {1 / middle:9,.0f} {size[name] / 1e6:7.2f}")


if __name__ == "__main__":
    main()
