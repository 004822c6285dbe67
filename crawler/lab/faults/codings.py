"""Faults of content coding (RFC 9110 section 8.4): cut off, mislabelled, stacked, and bombs."""

import gzip
import zlib

from crawler.lab.faults.manifest import Fault, Here, Kept, Wanted, answer, cut, html, lost, ok
from crawler.lab.site.answers import compressor
from crawler.model.outcomes import Kind

_TITLE = "Packed"
_BODY = html(_TITLE, "<p>" + " ".join(map(str, range(2_000))))
_MIB = bytes(1_048_576)
_NAMES = ("gzip", "deflate", "br", "zstd")
"""A coding that this Python cannot make is left out."""


def faults(_here: Here) -> list[Fault]:
    """The group."""
    packed = {name: pack(_BODY) for name in _NAMES if (pack := compressor(name)) is not None}
    return [*_each(packed), *_labels(packed["gzip"]), *_shapes(packed["gzip"]), *bombs()]


def _coded(data: bytes, coding: str) -> Kept:
    return answer(data, f"Content-Encoding: {coding}")


def _whole() -> Wanted:
    return ok(title=_TITLE, bytes=len(_BODY))


def _noted(name: str) -> Wanted:
    words = f"its Content-Encoding, {name!r}, is none: read as it came"
    return ok(title=_TITLE, bytes=len(_BODY), message=words)


def _each(packed: dict[str, bytes]) -> list[Fault]:
    broken = lost(Kind.ENCODING, 200, attempts=1)
    found = []
    for name, data in packed.items():
        damaged = bytearray(data)
        for place in range(11, 51):
            damaged[place] ^= 0xFF
        found += [
            Fault(f"{name}-whole", _coded(data, name), _whole()),
            Fault(f"{name}-cut-off", _coded(data[:-20], name), broken),
            Fault(f"{name}-cut-off-early", _coded(data[:5], name), broken),
            Fault(f"{name}-damaged", _coded(bytes(damaged), name), broken),
            Fault(f"{name}-said-but-plain", _coded(_BODY, name), broken),
            Fault(f"{name}-said-but-empty", _coded(b"", name), ok(title=None, bytes=0)),
        ]
    return found


def _labels(packed: bytes) -> list[Fault]:
    broken = lost(Kind.ENCODING, 200, attempts=1)
    return [
        Fault("x-gzip", _coded(packed, "x-gzip"), _whole()),
        Fault("gzip-in-capitals", _coded(packed, "GZIP"), _whole()),
        Fault("gzip-and-identity", _coded(packed, "identity, gzip, "), _whole()),
        Fault("gzip-said-to-be-deflate", _coded(packed, "deflate"), broken),
        Fault("deflate-said-to-be-gzip", _coded(zlib.compress(_BODY), "gzip"), broken),
        Fault("gzip-unsaid", answer(packed), ok(title=None, bytes=len(packed))),
        Fault("coding-identity", _coded(_BODY, "identity"), _whole()),
        Fault("coding-empty", _coded(_BODY, ""), _whole()),
        Fault("coding-none", _coded(_BODY, "none"), _noted("none")),
        Fault("coding-unknown", _coded(_BODY, "sdch"), broken),
        Fault("coding-utf-8", _coded(_BODY, "UTF-8"), _noted("utf-8")),
        Fault("coding-binary", _coded(_BODY, "binary"), _noted("binary")),
        Fault("coding-none-and-gzip", _coded(packed, "none, gzip"), _noted("none")),
        Fault("coding-of-ten-layers", _coded(packed, ", ".join(["gzip"] * 10)), broken),
    ]


def _shapes(packed: bytes) -> list[Fault]:
    broken = lost(Kind.ENCODING, 200, attempts=1)
    bare = zlib.compress(_BODY)[2:-4]
    half = len(_BODY) // 2
    members = gzip.compress(_BODY[:half]) + gzip.compress(_BODY[half:])
    wrong_sum = packed[:-8] + bytes(4) + packed[-4:]
    two_lines = answer(gzip.compress(packed), "Content-Encoding: gzip", "Content-Encoding: gzip")
    return [
        Fault("deflate-bare", _coded(bare, "deflate"), _whole()),
        Fault("gzip-twice", _coded(gzip.compress(packed), "gzip, gzip"), _whole()),
        Fault("gzip-twice-in-two-lines", two_lines, _whole()),
        Fault("gzip-of-two-members", _coded(members, "gzip"), _whole()),
        Fault("gzip-and-zeros", _coded(packed + bytes(100), "gzip"), _whole()),
        Fault("gzip-and-garbage", _coded(packed + b"garbage", "gzip"), _whole()),
        Fault("gzip-with-a-wrong-checksum", _coded(wrong_sum, "gzip"), broken),
        Fault("gzip-of-5000-members", _coded(gzip.compress(b"x") * 5_000, "gzip"), broken),
        Fault("gzip-of-nothing", _coded(gzip.compress(b""), "gzip"), ok(title=None, bytes=0)),
    ]


def bombs() -> list[Fault]:
    """Small answers that hold far more than is kept of any page: those of gzip a gigabyte."""
    wrapped = zlib.compressobj(9)
    member = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    gigabyte = _repeated(member, 1_024)
    stacked = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    found = [
        Fault("bomb-gzip", _coded(gigabyte, "gzip"), cut()),
        Fault("bomb-deflate", _coded(_repeated(wrapped, 1_024), "deflate"), cut()),
        Fault("bomb-gzip-in-gzip", _coded(stacked.compress(gigabyte) + stacked.flush(), "gzip, gzip"), cut()),
    ]
    for name, mebibytes in (("br", 16), ("zstd", 256)):
        if (pack := compressor(name)) is not None:
            found += [Fault(f"bomb-{name}", _coded(pack(_MIB * mebibytes), name), cut())]
    return found


def _repeated(packer: "zlib._Compress", times: int) -> bytes:
    # From one full flush to the next the stream knows nothing of what was before, so it can be repeated.
    first = packer.compress(_MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(_MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * (times - 1)
