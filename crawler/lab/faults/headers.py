"""Faults of the head: status lines and headers that are endless, doubled, or no HTTP at all."""

from crawler.lab.faults.manifest import HEAD, Fault, Here, Kept, answer, html, lost, ok, page, refused
from crawler.lab.faults.sending import by_turns, forever
from crawler.model.outcomes import Kind

_TITLE = "Under a strange head"
_BODY = html(_TITLE)
_REST = b"Content-Type: text/html\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
_NAMED = 'text/html; charset="utf-8"'


def faults(_here: Here) -> list[Fault]:
    """The group."""
    return [*_status_lines(), *_floods(), *_header_lines(), *_doubled()]


def _status_lines() -> list[Fault]:
    broken = lost(Kind.FRAMING)
    whole = ok(title=_TITLE)
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
    return [
        Fault("http-0.9", _BODY, broken),
        Fault("http-2-in-plain", b"HTTP/2 200\r\n" + _REST, broken),
        Fault("http-9.9", b"HTTP/9.9 200 OK\r\n" + _REST, broken),
        Fault("http-in-small-letters", b"http/1.1 200 OK\r\n" + _REST, broken),
        Fault("icecast", b"ICY 200 OK\r\n" + _REST, broken),
        Fault("ssh", b"SSH-2.0-OpenSSH_9.2\r\n", broken),
        Fault("tls-alert", b"\x15\x03\x01\x00\x02\x02\x46", broken),
        Fault("nul-bytes-only", b"\0" * 1_000, broken),
        Fault("status-in-words", b"HTTP/1.1 OK\r\n" + _REST, broken),
        Fault("status-of-four-digits", b"HTTP/1.1 2000 OK\r\n" + _REST, broken),
        Fault("status-negative", b"HTTP/1.1 -200 OK\r\n" + _REST, broken),
        Fault("status-999", Kept(b"HTTP/1.1 999 Request denied\r\n" + _REST), refused(999)),
        Fault("reason-missing", Kept(b"HTTP/1.1 200\r\n" + _REST), whole),
        Fault("reason-not-ascii", Kept("HTTP/1.1 200 Schön\r\n".encode() + _REST), whole),
        Fault("lines-end-with-lf", Kept(b"HTTP/1.1 200 OK\n" + _REST.replace(b"\r\n", b"\n")), whole),
        Fault("early-hints", Kept(hints + page(_TITLE)), whole),
        Fault("continue-unasked", Kept(b"HTTP/1.1 100 Continue\r\n\r\n" + page(_TITLE)), whole),
        Fault("fifty-early-hints", Kept(hints * 50 + page(_TITLE)), whole),
        Fault("endless-early-hints", forever(b"", hints * 200), lost(Kind.FRAMING, attempts=1)),
        Fault("switching-protocols", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", refused(101)),
    ]


def _floods() -> list[Fault]:
    broken = lost(Kind.FRAMING, attempts=1)
    few = b"".join(b"X-%d: %d\r\n" % (number, number) for number in range(80))
    cookies = [f"Set-Cookie: c{number}={'v' * 80}" for number in range(50)]
    return [
        Fault("headers-80", Kept(b"HTTP/1.1 200 OK\r\n" + few + _REST), ok(title=_TITLE)),
        Fault("headers-131", answer(_BODY, *["X-Many: 1"] * 131), ok(title=_TITLE)),
        Fault("headers-990", answer(_BODY, *["X-Many: 1"] * 990), ok(title=_TITLE)),
        Fault("headers-10000", b"HTTP/1.1 200 OK\r\n" + b"X-Flood: 1\r\n" * 10_000 + _REST, broken),
        Fault("headers-without-end", forever(HEAD, b"X-Flood: 1\r\n" * 1_000), broken),
        Fault("header-of-4-kb", answer(_BODY, f"X-Long: {'x' * 4_000}"), ok(title=_TITLE)),
        Fault("header-of-8-kb", answer(_BODY, f"X-Long: {'x' * 8_200}"), ok(title=_TITLE)),
        Fault("header-of-60-kb", answer(_BODY, f"X-Long: {'x' * 60_000}"), ok(title=_TITLE)),
        Fault("headers-of-300-kb", answer(_BODY, *[f"X-Long: {'x' * 60_000}"] * 5), ok(title=_TITLE)),
        Fault("header-of-70-kb", HEAD + b"X-Long: " + b"x" * 70_000 + b"\r\n" + _REST, broken),
        Fault("headers-of-600-kb", HEAD + (b"X-Long: " + b"x" * 60_000 + b"\r\n") * 10 + _REST, broken),
        Fault("header-of-1-mb", HEAD + b"X-Long: " + b"x" * 1_048_576 + b"\r\n" + _REST, broken),
        Fault("header-without-end", forever(HEAD + b"X-Long: ", b"x" * 65_536), broken),
        Fault("reason-without-end", forever(b"HTTP/1.1 200 ", b"x" * 65_536), broken),
        Fault("cookies-50", answer(_BODY, *cookies), ok(title=_TITLE)),
    ]


def _header_lines() -> list[Fault]:
    broken = lost(Kind.FRAMING, attempts=1)
    return [
        Fault("type-with-nul", answer(_BODY, media="text/html; charset=utf\0-8"), broken),
        Fault("header-with-nul", HEAD + b"X-Nul: a\0b\r\n" + _REST, broken),
        Fault("header-without-colon", HEAD + b"no colon here\r\n" + _REST, broken),
        Fault("header-without-name", HEAD + b": nameless\r\n" + _REST, broken),
        Fault("header-p3p-with-a-space", HEAD + b'P3P : CP="x"\r\n' + _REST, broken),
        Fault("header-name-of-two-words", HEAD + b"X Frame: 1\r\n" + _REST, broken),
        Fault("header-that-is-a-status-line", HEAD + b"HTTP/1.1 200 OK\r\n" + _REST, broken),
        Fault("header-folded", answer(_BODY, "X-Fold: a\r\n  b\r\n\tc"), ok(title=_TITLE)),
        Fault("header-space-before-colon", HEAD + b"X-Space : 1\r\n" + _REST, broken),
        Fault("header-with-bare-cr", HEAD + b"X-Return: a\rb\r\n" + _REST, broken),
        Fault("header-name-not-ascii", HEAD + "Schlüssel: 1\r\n".encode() + _REST, broken),
        Fault(
            "header-value-in-utf-8", answer(_BODY, "X-Name: Zoë".encode().decode("latin-1")), ok(title=_TITLE)
        ),
        Fault("header-value-in-latin-1", answer(_BODY, "X-Name: Zoë"), ok(title=_TITLE)),
        Fault("header-value-empty", answer(_BODY, "X-Nothing:"), ok(title=_TITLE)),
    ]


def _doubled() -> list[Fault]:
    types = ("Content-Type: text/html; charset=utf-8", "Content-Type: image/png")
    return [
        Fault("types-that-differ", answer(_BODY, *types, media=None), ok(title=_TITLE)),
        Fault("type-missing", answer(_BODY, media=None), ok(title=_TITLE, content_type=None)),
        Fault("type-empty", answer(_BODY, media=""), ok(title=_TITLE)),
        Fault("type-garbage", answer(_BODY, media="!?; ;=;charset"), ok(title=_TITLE)),
        Fault("type-of-8-kb", answer(_BODY, media=f"text/html; x={'y' * 7_900}"), ok(title=_TITLE)),
        Fault("type-quoted", answer(_BODY, media=_NAMED), ok(title=_TITLE, content_type=_NAMED)),
        Fault("date-garbage", answer(_BODY, "Date: yesterday", "Expires: -1", "Age: x"), ok(title=_TITLE)),
        Fault("etags-that-differ", answer(_BODY, 'ETag: "a"', 'ETag: "b"'), ok(title=_TITLE)),
        Fault("other-each-time", by_turns(b"nonsense\r\n\r\n", page(_TITLE)), ok(title=_TITLE, attempts=2)),
    ]
