"""Faults of the connection: it breaks or falls silent, at every point of an answer."""

from crawler.lab.faults.manifest import HEAD, Answer, Call, Fault, Here, Kept, answer, html, lost, ok, page
from crawler.lab.faults.sending import Sender, drip, then_reset, then_silence
from crawler.model.outcomes import Kind

_SIZED = HEAD + b"Content-Length: 1000\r\n\r\n"
_CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_UNSIZED = HEAD + b"\r\n"
_HALF = html("Half a page")

_POINTS = {
    "before-the-status": b"",
    "in-the-status-line": b"HTTP/1.1 20",
    "in-the-headers": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "between-headers": HEAD,
    "before-the-body": _SIZED,
    "in-the-body": _SIZED + _HALF,
    "in-a-chunk-size": _CHUNKED + b"3",
    "in-a-chunk": _CHUNKED + b"100\r\n" + _HALF,
    "between-chunks": _CHUNKED + b"%x\r\n%b\r\n" % (len(_HALF), _HALF),
    "before-the-last-line": _CHUNKED + b"%x\r\n%b\r\n0\r\n" % (len(_HALF), _HALF),
    "in-a-body-without-length": _UNSIZED + _HALF,
}


def faults(_here: Here) -> list[Fault]:
    """The group."""
    return _breaks()


def _status(sent: bytes) -> int | None:
    """The status is known once the head is whole."""
    return 200 if b"\r\n\r\n" in sent else None


def _breaks() -> list[Fault]:
    found = [
        Fault(f"reset-{point}", then_reset(sent), lost(Kind.RESET, _status(sent)))
        for point, sent in _POINTS.items()
    ]
    for point, sent in _POINTS.items():
        wanted = lost(Kind.FRAMING, _status(sent))
        if not sent:
            wanted = lost(Kind.RESET)
        elif sent.startswith(_UNSIZED):
            wanted = ok(title="Half a page")  # nobody can tell this from a whole page
        found.append(Fault(f"close-{point}", sent, wanted))
    return found


def silences(_here: Here) -> list[Fault]:
    """Those that last until the client loses patience."""
    found = [
        Fault(f"silence-{point}", then_silence(sent), lost(Kind.TIMEOUT, _status(sent)))
        for point, sent in _POINTS.items()
    ]
    return [
        *found,
        Fault("slow-headers", drip(b"HTTP/1.1 200 OK\r\n", b"X-Drop: 1\r\n"), lost(Kind.TIMEOUT)),
        Fault("slow-header-line", drip(b"HTTP/1.1 200 OK\r\nX-Drops: ", b"."), lost(Kind.TIMEOUT)),
        Fault("slow-body", drip(_SIZED, b"."), lost(Kind.TIMEOUT, 200)),
        Fault("slow-chunks", drip(_CHUNKED, b"1\r\n.\r\n"), lost(Kind.TIMEOUT, 200)),
        Fault("slow-body-without-length", drip(_UNSIZED, b"."), lost(Kind.TIMEOUT, 200)),
        Fault("slow-early-hints", drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), lost(Kind.TIMEOUT)),
        Fault("in-single-bytes", _in_single_bytes, ok(title="In single bytes")),
    ]


def keep_alive(_here: Here) -> list[Fault]:
    """Connections that are said to stay open, or are not, and then do otherwise."""
    whole = "Kept alive"
    old = answer(html("Old"), "Connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    return [
        *(Fault(f"keep-alive-then-close-{n}", _keep_alive_and_then(b""), ok(title=whole)) for n in (1, 2, 3)),
        *(
            Fault(f"keep-alive-then-reset-{n}", _keep_alive_and_then(then_reset(b"")), ok(title=whole))
            for n in (1, 2, 3)
        ),
        Fault("close-said-but-not-done", page(whole, "", "Connection: close"), ok(title=whole)),
        Fault("keep-alive-garbage", page(whole, "", "Keep-Alive: timeout=x, max=-1"), ok(title=whole)),
        Fault(
            "a-second-answer-unasked",
            bytes(page(whole, "", "Connection: close") + page("Smuggled")),
            lost(Kind.FRAMING, attempts=1),
        ),
        Fault("a-second-answer-kept-alive", Kept(page(whole) + page("Smuggled")), ok(title=whole)),
        Fault("http-1.0", b"HTTP/1.0 200 OK\r\n\r\n" + html("Old"), ok(title="Old", content_type=None)),
        Fault("http-1.0-kept-alive", Kept(old), ok(title="Old")),
    ]


async def _in_single_bytes(call: Call) -> bool:
    whole = page("In single bytes")
    for place in range(len(whole)):
        await call.send(whole[place : place + 1])
        await call.pause(0.001)
    return True


def _keep_alive_and_then(how: Answer) -> Sender:
    # A server that closes an idle connection may do so just as the next request comes in on it.
    async def give(call: Call) -> bool:
        call.race(how)
        return await call.give(page("Kept alive"))

    return give
