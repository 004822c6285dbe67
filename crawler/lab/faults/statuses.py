"""Faults of status codes: refusals, Retry-After, answers that change, and answers nobody asked for."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from crawler.lab.faults.manifest import (
    RETRY_AFTER_MAX,
    TIMES,
    Answer,
    Call,
    Fault,
    Here,
    Kept,
    answer,
    html,
    lost,
    ok,
    page,
    refused,
)
from crawler.lab.faults.sending import by_turns, then_reset
from crawler.model.outcomes import Kind

_TITLE = "There after all"
_SORRY = html("Sorry")


def faults(_here: Here) -> list[Fault]:
    """The group."""
    return [*_plain(), *_unasked(), *_flapping()]


def _says(status: str, *headers: str) -> Kept:
    return answer(_SORRY, *headers, status=status)


def _plain() -> list[Fault]:
    never = ["400 Bad", "401 Unauthorized", "403 Forbidden", "404 Not Found", "410 Gone", "418 Teapot"]
    never += ["451 Legal", "501 Not Implemented", "505 Version"]
    later = ["408 Request Timeout", "425 Too Early", "429 Too Many", "500 Error", "502 Bad Gateway"]
    later += ["503 Unavailable", "504 Gateway Timeout"]
    fine = ["201 Created", "202 Accepted", "203 Non-Authoritative", "226 IM Used", "299 Odd"]
    return [
        *(Fault(f"status-{status[:3]}", _says(status), refused(int(status[:3]))) for status in never),
        *(Fault(f"status-{status[:3]}", _says(status), refused(int(status[:3]), TIMES)) for status in later),
        *(
            Fault(f"status-{status[:3]}", _says(status), ok(int(status[:3]), title="Sorry"))
            for status in fine
        ),
    ]


def _unasked() -> list[Fault]:
    bare = b"HTTP/1.1 %d X\r\n%b\r\n"
    part = "Content-Range: bytes 0-9/1000"
    whole = f"Content-Range: bytes 0-{len(_SORRY) - 1}/{len(_SORRY)}"
    return [
        Fault("status-204", Kept(bare % (204, b"")), ok(204, title=None, bytes=0)),
        Fault(
            "status-204-with-a-body", bare % (204, b"Content-Length: 5\r\n") + b"hello", lost(Kind.FRAMING)
        ),
        Fault("status-205", Kept(bare % (205, b"Content-Length: 0\r\n")), ok(205, bytes=0)),
        Fault("status-304-unasked", Kept(bare % (304, b'ETag: "a"\r\n')), refused(304)),
        Fault("status-304-with-a-length", Kept(bare % (304, b"Content-Length: 500\r\n")), refused(304)),
        Fault("status-206-unasked", _says("206 Partial Content", part), lost(Kind.FRAMING, 206, attempts=1)),
        Fault("status-206-of-it-all", _says("206 Partial Content", whole), ok(206, title="Sorry")),
        Fault("status-416-unasked", _says("416 Range Not Satisfiable"), refused(416)),
        Fault("status-412-unasked", _says("412 Precondition Failed"), refused(412)),
        Fault("status-407-without-a-proxy", _says("407 Proxy Authentication"), refused(407)),
        Fault("status-421-misdirected", _says("421 Misdirected"), refused(421)),
    ]


def _flapping() -> list[Fault]:
    back = ok(title=_TITLE, attempts=2)
    there = page(_TITLE)
    return [
        Fault("flap-500", by_turns(_says("500 Error"), there), back),
        Fault("flap-503-then-429", by_turns(_says("503 X"), _says("429 X"), there), refused(429, TIMES)),
        Fault("flap-reset", by_turns(then_reset(b""), there), back),
        Fault("flap-closed", by_turns(b"", there), back),
        Fault("flap-half", by_turns(bytes(there)[:-5], there), back),
        Fault("flap-to-404", by_turns(_says("500 Error"), _says("404 Not Found")), refused(404, 2)),
        Fault("flap-after-success", by_turns(there, _says("500 Error")), ok(title=_TITLE)),
    ]


def retry_after(_here: Here) -> list[Fault]:
    """Retry-After (RFC 9110 section 10.2.3), in all its forms. Each makes the whole host rest."""
    values = {
        "seconds": ("1", RETRY_AFTER_MAX),
        "a-day": ("86400", RETRY_AFTER_MAX),
        "10-to-the-30": ("1" + "0" * 30, RETRY_AFTER_MAX),
        "zero": ("0", 0.0),
        "negative": ("-5", 0.0),
        "a-fraction": ("0.5", 0.0),
        "words": ("soon", 0.0),
        "nothing": ("", 0.0),
        "a-date-past": ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
        "a-date-of-1994-style": ("Sunday, 06-Nov-94 08:49:37 GMT", 0.0),
        "a-date-that-is-none": ("Sun, 99 Nov 2094 99:99:99 GMT", 0.0),
    }
    found = []
    for status in (429, 503):
        for name, (value, waits) in values.items():
            given = by_turns(_says(f"{status} Later", f"Retry-After: {value}"), page(_TITLE))
            wanted = ok(title=_TITLE, attempts=2, waits=waits)
            found.append(Fault(f"retry-{status}-after-{name}", given, wanted))
        dated = by_turns(_dated(status), page(_TITLE))
        found.append(Fault(f"retry-{status}-after-a-date", dated, ok(attempts=2, waits=RETRY_AFTER_MAX)))
    for_ever: Answer = _says("503 Later", "Retry-After: 1")
    found.append(Fault("retry-for-ever", for_ever, refused(503, TIMES, waits=RETRY_AFTER_MAX)))
    return found


def _dated(status: int) -> Answer:
    async def give(call: Call) -> bool:
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
        return await call.give(_says(f"{status} Later", f"Retry-After: {date}"))

    return give
