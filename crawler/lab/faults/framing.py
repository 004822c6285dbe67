"""Faults of framing: where a body ends (RFC 9112 section 6), stated wrongly, twice, or never."""

import gzip

from crawler.lab.faults.manifest import (
    ANY_STATUS,
    HEAD,
    OPEN,
    Fault,
    Here,
    Kept,
    chunked,
    cut,
    html,
    lost,
    ok,
    page,
)
from crawler.lab.faults.sending import forever
from crawler.model.outcomes import Kind

_TITLE = "Framed"
_BODY = html(_TITLE)
_LENGTH = len(_BODY)
_BLOCK = b"<p>And so on, and so on.\n" * 2_600


def faults(_here: Here) -> list[Fault]:
    """The group."""
    return [*_lengths(), *_chunks(), *_endless()]


def _sized(*lengths: str, head: bytes = HEAD) -> bytes:
    return head + "".join(f"Content-Length: {length}\r\n" for length in lengths).encode() + b"\r\n" + _BODY


def _lengths() -> list[Fault]:
    broken = lost(Kind.FRAMING, attempts=1)
    whole = ok(title=_TITLE, bytes=_LENGTH)
    both = HEAD + b"Content-Length: 3\r\n" + chunked(_BODY)
    return [
        Fault("length-too-long", _sized(str(_LENGTH + 1)), lost(Kind.FRAMING, 200)),
        Fault("length-too-short", _sized(str(_LENGTH - 5)), broken),
        Fault(
            "length-too-short-hides-an-answer",
            Kept(_sized(str(_LENGTH), head=OPEN) + page("Smuggled")),
            whole,
        ),
        Fault("lengths-that-agree", _sized(str(_LENGTH), str(_LENGTH)), broken),
        Fault("lengths-in-one-line-that-agree", _sized(f"{_LENGTH}, {_LENGTH}"), broken),
        Fault("lengths-that-differ", _sized(str(_LENGTH), "3"), broken),
        Fault("lengths-in-one-line-that-differ", _sized(f"{_LENGTH}, 3"), broken),
        Fault("length-negative", _sized("-5"), broken),
        Fault("length-with-a-sign", _sized(f"+{_LENGTH}"), broken),
        Fault("length-in-words", _sized("many"), broken),
        Fault("length-in-hex", _sized(hex(_LENGTH)), broken),
        Fault("length-with-a-point", _sized(f"{_LENGTH}.0"), broken),
        Fault("length-empty", _sized(""), broken),
        Fault("length-beyond-64-bits", _sized("9" * 30), broken),
        Fault("length-padded", Kept(_sized(f"000{_LENGTH}  ", head=OPEN)), whole),
        Fault("length-zero", _sized("0"), broken),
        Fault("length-and-chunks", both, broken),
        Fault("length-and-a-line-end-more", _sized(str(_LENGTH)) + b"\r\n", whole),
        Fault("length-none", HEAD + b"\r\n" + _BODY, whole),
    ]


def _chunks() -> list[Fault]:
    broken = lost(Kind.FRAMING, attempts=1)
    whole = ok(title=_TITLE, bytes=_LENGTH)
    opened = OPEN + b"Transfer-Encoding: chunked\r\n\r\n"
    start = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    data = b"%x\r\n%b\r\n" % (_LENGTH, _BODY)
    end = b"0\r\n\r\n"
    single = [_BODY[place : place + 1] for place in range(_LENGTH)]
    drops = [b"x"] * 50_000
    return [
        Fault("chunk-size-in-words", start + b"many\r\n" + _BODY + b"\r\n" + end, broken),
        Fault("chunk-size-negative", start + b"-5\r\n" + _BODY + b"\r\n" + end, broken),
        Fault("chunk-size-with-0x", start + b"0x" + data + end, broken),
        Fault("chunk-size-missing", start + b"\r\n" + _BODY + b"\r\n" + end, broken),
        Fault("chunk-size-beyond-64-bits", start + b"f" * 17 + b"\r\n" + _BODY, broken),
        Fault("chunk-too-long", start + b"%x\r\n%b\r\n" % (_LENGTH - 3, _BODY) + end, broken),
        Fault("chunk-too-short", start + b"%x\r\n%b\r\n" % (_LENGTH + 3, _BODY) + end, broken),
        Fault("chunk-extensions", start + data.replace(b"\r\n", b';a=b;c="d"\r\n', 1) + end, whole),
        Fault("chunk-extension-without-end", forever(start + b"5;", b"x" * 65_536), lost(Kind.TIMEOUT, 200)),
        Fault("chunk-size-zeros", start + b"0000" + data + end, whole),
        Fault("chunks-of-one-byte", Kept(OPEN + chunked(*single)), whole),
        Fault("chunks-of-one-byte-many", Kept(OPEN + chunked(_BODY, *drops)), ok(bytes=_LENGTH + 50_000)),
        Fault("trailers", Kept(opened + data + b"0\r\nX-Check: 1\r\n\r\n"), whole),
        Fault(
            "trailers-without-end",
            forever(start + data + b"0\r\n", b"X-More: 1\r\n" * 1_000),
            lost(Kind.FRAMING, ANY_STATUS, attempts=1),
        ),
        Fault("chunked-in-capitals", Kept(opened.replace(b"chunked", b"CHUNKED") + data + end), whole),
        Fault("chunked-on-a-folded-line", start.replace(b" chunked", b"\r\n chunked") + data + end, whole),
        Fault("chunked-twice", HEAD + b"Transfer-Encoding: chunked\r\n" + chunked(_BODY), broken),
        *(
            Fault(f"transfer-coding-{name}", start.replace(b"chunked", said) + sent, broken)
            for name, said, sent in _codings(data + end)
        ),
    ]


def _codings(plain: bytes) -> list[tuple[str, bytes, bytes]]:
    """Transfer codings that nobody asked for: name, header's value, what is sent."""
    packed = gzip.compress(_BODY)
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed)
    return [
        ("gzip-chunked", b"gzip, chunked", chunks),
        ("chunked-gzip", b"chunked, gzip", plain),
        ("chunked-chunked", b"chunked, chunked", plain),
        ("chunked-with-a-parameter", b"chunked;q=1", plain),
        ("chunked-and-a-tab", b"chunked\t", plain),
        ("gzip", b"gzip", packed),
        ("identity", b"identity", _BODY),
        ("empty", b"", _BODY),
        ("unknown", b"bogus", _BODY),
    ]


def _endless() -> list[Fault]:
    chunk = b"%x\r\n%b\r\n" % (len(_BLOCK), _BLOCK)
    long = b"%x\r\n" % 10**12
    return [
        Fault("endless-body", forever(HEAD + b"Content-Length: 999999999999\r\n\r\n", _BLOCK), cut()),
        Fault("endless-body-without-length", forever(HEAD + b"\r\n", _BLOCK), cut()),
        Fault("endless-chunks", forever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunk), cut()),
        Fault("endless-chunk", forever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + long, _BLOCK), cut()),
    ]
