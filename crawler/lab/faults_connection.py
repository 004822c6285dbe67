"""Faults of the connection: it breaks or falls silent, at every point of an answer."""

from crawler.lab.faults import HEAD, Call, Fault, Here, answer, html, lost, ok, page
from crawler.lab.faults_sending import drip, then_reset, then_silence
from crawler.model.outcomes import Kind

_SIZED = HEAD + b"Content-Length: 1000\r\n\r\n"
_CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_UNSIZED = HEAD + b"Connection: close\r\n\r\n"
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
    return [*_silences(), *_breaks(), *_keep_alive()]


def _breaks() -> list[Fault]:
    found = [Fault(f"reset-{point}", then_reset(sent), lost(Kind.RESET)) for point, sent in _POINTS.items()]
    for point, sent in _POINTS.items():
        wanted = lost(Kind.FRAMING)
        if not sent:
            wanted = lost(Kind.RESET)
        elif sent.startswith(_UNSIZED):
            wanted = ok(title="Half a page")  # nobody can tell this from a whole page
        found.append(Fault(f"close-{point}", sent, wanted))
    return found


def _silences() -> list[Fault]:
    found = [
        Fault(f"silence-{point}", then_silence(sent), lost(Kind.TIMEOUT)) for point, sent in _POINTS.items()
    ]
    return [
        *found,
        Fault("slow-headers", drip(b"HTTP/1.1 200 OK\r\n", b"X-Drop: 1\r\n"), lost(Kind.TIMEOUT)),
        Fault("slow-header-line", drip(b"HTTP/1.1 200 OK\r\nX-Drops: ", b"."), lost(Kind.TIMEOUT)),
        Fault("slow-body", drip(_SIZED, b"."), lost(Kind.TIMEOUT)),
        Fault("slow-chunks", drip(_CHUNKED, b"1\r\n.\r\n"), lost(Kind.TIMEOUT)),
        Fault("slow-body-without-length", drip(_UNSIZED, b"."), lost(Kind.TIMEOUT)),
        Fault("slow-early-hints", drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), lost(Kind.TIMEOUT)),
        Fault("in-single-bytes", _in_single_bytes, ok(title="In single bytes")),
    ]


def _keep_alive() -> list[Fault]:
    whole = "Kept alive"
    return [
        Fault("keep-alive-then-close", bytes(page(whole)), ok(title=whole)),
        Fault("keep-alive-then-reset", then_reset(page(whole)), ok(title=whole)),
        Fault("keep-alive-race", _keep_alive_race, ok(title=whole)),
        Fault("close-said-but-not-done", page(whole, "", "Connection: close"), ok(title=whole)),
        Fault("keep-alive-garbage", page(whole, "", "Keep-Alive: timeout=x, max=-1"), ok(title=whole)),
        Fault("a-second-answer-unasked", bytes(page(whole) + page("Smuggled")), ok(title=whole)),
        Fault("a-second-answer-in-an-open-connection", _second_answer, ok(title=whole)),
        Fault("http-1.0", b"HTTP/1.0 200 OK\r\n\r\n" + html("Old"), ok(title="Old", content_type=None)),
        Fault("http-1.0-kept-alive", _old_and_kept, ok(title="Old")),
    ]


async def _in_single_bytes(call: Call) -> bool:
    whole = page("In single bytes")
    for place in range(len(whole)):
        await call.send(whole[place : place + 1])
        await call.pause(0.001)
    return True


async def _keep_alive_race(call: Call) -> bool:
    # The server closes this connection as the next request comes in on it.
    await call.send(page("Kept alive"))
    call.race()
    return True


async def _second_answer(call: Call) -> bool:
    await call.send(page("Kept alive") + page("Smuggled"))
    return True


async def _old_and_kept(call: Call) -> bool:
    await call.send(answer(html("Old"), "Connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0", 1))
    return True
