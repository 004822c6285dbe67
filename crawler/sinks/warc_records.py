"""WARC records as bytes, as ISO 28500:2017 (WARC 1.1) wants them; sections in brackets are of that.

A *record* is a header (version line and named fields), a block, and two empty lines. What a function here
returns is all that stands before a block, or in front of the part of it that is not in memory.
"""

import os
import re
from datetime import UTC, datetime
from functools import lru_cache

from crawler.model.exchange import Exchange
from crawler.model.version import VERSION

END = b"\r\n\r\n"
"""What stands behind every block."""
METADATA = b"WARC/1.1\r\nWARC-Type: metadata\r\n"
"""How the records begin that hold what stands in ``records.jsonl``."""
RECORD_FIELD = b"crawler-record: "
"""What that stands behind, in the block of such a record."""
POSITION_FIELD = b"crawler-position: "
"""Where a part begins, in bytes over all parts: told in its ``warcinfo``."""
_SPEC = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"

Fields = list[tuple[str, str | None]]

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PAIRS = [first + second for first in _BASE32 for second in _BASE32]
"""Two digits for each ten bits: the library takes ten times as long, and there are three digests a page."""
_TRANSFER_ENCODING = re.compile(rb"(?im)^transfer-encoding(?=[ \t]*:)")
_USER_AGENT = re.compile(rb"(?im)^user-agent:[ \t]*(.*?)[ \t\r]*$")
_NOT_IN_A_URI = re.compile(r"[^!-~]")


def part_name(number: int) -> str:
    """The file name of part ``number`` of an archive, counted from 1."""
    return f"crawl-{number:05d}.warc.gz"


def new_id() -> str:
    """A WARC-Record-ID [5.2]: a random UUID (RFC 9562 section 5.4), made in a tenth of the library's time."""
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"<urn:uuid:{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}>"


@lru_cache(maxsize=4)  # the records of one exchange have the same
def date(at: float) -> str:
    """A WARC-Date of Unix time ``at``, to the microsecond [5.4]."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def labelled(digest: bytes) -> str:
    """The value of a digest field for an SHA-1 digest [5.8], in base 32 (RFC 4648 section 6)."""
    bits = int.from_bytes(digest)
    return "sha1:" + "".join([_PAIRS[bits >> shift & 1023] for shift in range(150, -1, -10)])


def header(kind: str, fields: Fields, length: int) -> bytes:
    """What stands before the block of a record, of ``length`` bytes."""
    lines = ["WARC/1.1", f"WARC-Type: {kind}"]
    lines += [f"{name}: {value}" for name, value in fields if value is not None]
    lines.append(f"Content-Length: {length}\r\n\r\n")
    return "\r\n".join(lines).encode()


def uri(url: str) -> str:
    """``url``, if need be escaped: a URI has no blanks, and ASCII alone [5.11, RFC 3986]."""
    if _NOT_IN_A_URI.search(url) is None:
        return url
    return _NOT_IN_A_URI.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), url)


def _protocol(exchange: Exchange) -> str:
    """As the adopted extension WARC-Protocol names it: http/1.1, h2, and h2c without TLS."""
    if exchange.protocol != "HTTP/2":
        return exchange.protocol.lower()
    return "h2" if exchange.url.startswith("https:") else "h2c"


def _address(exchange: Exchange) -> str | None:
    """Without the zone of a link-local address, which is none of RFC 4291's [5.9]."""
    return exchange.address and exchange.address.partition("%")[0]


def http_head(exchange: Exchange) -> bytes:
    """The answer's head as it is archived: with Transfer-Encoding, which is undone, under another name.

    A field of that name would have readers look for chunks in the payload. The prefix is that under which
    pywb and the Wayback Machine show what a server said. Nothing else is changed, left out or made up.
    """
    return _TRANSFER_ENCODING.sub(rb"X-Archive-Orig-\g<0>", exchange.head)


def warcinfo(file_name: str, position: int, request: bytes, at: float) -> bytes:
    """The whole record at the head of a part that begins at ``position`` [6.2].

    ``request`` is the head of the first request in it, which says what the crawl calls itself; or empty.
    """
    agent = _USER_AGENT.search(request)
    block = b"".join(
        (
            f"software: crawler/{VERSION}\r\n".encode(),
            b"format: WARC File Format 1.1\r\n",
            f"conformsTo: {_SPEC}\r\n".encode(),
            POSITION_FIELD + b"%d\r\n" % position,  # before what others say, however long that is
            b"http-header-user-agent: %b\r\n" % agent[1] if agent else b"",
        )
    )
    fields: Fields = [
        ("WARC-Record-ID", new_id()),
        ("WARC-Date", date(at)),
        ("WARC-Filename", file_name),
        ("Content-Type", "application/warc-fields"),
    ]
    return header("warcinfo", fields, len(block)) + block + END


def request(exchange: Exchange, answer: str, digest: bytes) -> bytes:
    """The whole record of a request [6.5], to which the record ``answer`` is the answer."""
    fields: Fields = [
        ("WARC-Record-ID", new_id()),
        ("WARC-Date", date(exchange.at)),
        ("WARC-Target-URI", uri(exchange.url)),
        ("WARC-Concurrent-To", answer),
        ("WARC-IP-Address", _address(exchange)),
        ("WARC-Protocol", _protocol(exchange)),
        ("WARC-Block-Digest", labelled(digest)),
        ("Content-Type", "application/http;msgtype=request"),
    ]
    return header("request", fields, len(exchange.request)) + exchange.request + END


def response(exchange: Exchange, own: str, digests: tuple[str, str], length: int) -> bytes:
    """The header of an answer's record [6.3] under the id ``own``.

    ``digests`` are those of its payload and of its block of ``length`` bytes.
    """
    return header("response", answer_fields(exchange, own, digests, exchange.cut), length)


def answer_fields(exchange: Exchange, own: str, digests: tuple[str, str], cut: str | None) -> Fields:
    """Those of an answer's record under the id ``own``, by the digests of its payload and its block."""
    return [
        *about_answer(exchange, own),
        ("WARC-Truncated", cut),
        ("WARC-Payload-Digest", digests[0]),
        ("WARC-Block-Digest", digests[1]),
        ("Content-Type", "application/http;msgtype=response"),
    ]


def about_answer(exchange: Exchange, own: str) -> Fields:
    """Those of them that say nothing of what it holds."""
    return [
        ("WARC-Record-ID", own),
        ("WARC-Date", date(exchange.at)),
        ("WARC-Target-URI", uri(exchange.url)),
        ("WARC-IP-Address", _address(exchange)),
        ("WARC-Protocol", _protocol(exchange)),
    ]


def metadata(url: str, record: bytes, at: float, answer: str | None) -> bytes:
    """The whole record [6.6] that holds a record of the crawl, taken at the same time as ``answer``.

    Its type is the only one that the standard has for it [8], and the only one that indexers pass over:
    JSON would be replayed in the place of the page.
    """
    block = RECORD_FIELD + record + b"\r\n"
    fields: Fields = [
        ("WARC-Record-ID", new_id()),
        ("WARC-Date", date(at)),
        ("WARC-Target-URI", uri(url)),
        ("WARC-Concurrent-To", answer),
        ("Content-Type", "application/warc-fields"),
    ]
    return header("metadata", fields, len(block)) + block + END
