"""The bytes of every answer. Pure: the same world, the same bytes."""

from typing import NamedTuple

from crawler.lab.internet.kinds import Fault, RobotsFile, Role, Trouble
from crawler.lab.internet.world import World

_WORDS = b"Nobody has written this page, and whoever reads it learns nothing but that it came whole. "
_HTML = "text/html; charset=utf-8"
_PHRASES = {
    200: "OK", 302: "Found", 400: "Bad Request", 404: "Not Found", 429: "Too Many Requests",
    500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
}  # fmt: skip


class Answer(NamedTuple):
    """What is sent."""

    data: bytes
    is_whole: bool = True
    """It is what stays true of its URL: no failure, for once or for ever."""
    rest: int = 0
    """Seconds of its Retry-After."""
    ends: Trouble | None = None
    """RESET or CUT: how the connection ends after it."""


def answer(status: int, body: bytes, media: str = "text/plain", more: str = "") -> bytes:
    """A whole answer; ``more`` are header lines with their ends."""
    head = (
        f"HTTP/1.1 {status} {_PHRASES[status]}\r\nContent-Type: {media}\r\n"
        f"{more}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


MISSING = answer(404, b"There is no such page.")


def page(world: World, host: int, number: int) -> Answer:
    """A page that has no fault, or is healed."""
    role = world.role(host, number)
    if role is Role.PAGE:
        return Answer(answer(200, html(world, host, number), _HTML))
    if role is Role.REDIRECT:
        to = world.url(*world.target(host, number))
        return Answer(answer(302, b"", more=f"Location: {to}\r\n"))
    if role is Role.MISSING:
        return Answer(MISSING)
    return Answer(answer(500, b"It never works."), is_whole=False)


def html(world: World, host: int, number: int) -> bytes:
    """The body of a page: its links, those to its own host as paths, and some filling."""
    path, url = world.path, world.url
    anchors = "".join(
        [
            f'<a href="{path(to)}">p{to}</a> '
            if there == host
            else f'<a href="{url(there, to)}">h{there}</a> '
            for there, to in world.linked(host, number)
        ]
    )
    title = f"Page {number} of host {host}"
    filling = _WORDS * (world.filling // len(_WORDS)) + _WORDS[: world.filling % len(_WORDS)]
    return f"<!doctype html><title>{title}</title><p>{anchors}<p>".encode() + filling


def failing(world: World, host: int, number: int, fault: Fault) -> Answer:
    """A page while its fault is not healed. A slow one is only late: that is for whoever sends it."""
    trouble, rest = fault.trouble, world.retry_after
    retry_after = f"Retry-After: {rest}\r\n"
    if trouble is Trouble.SERVER_ERROR:
        return Answer(answer(500, b"Not this time."), is_whole=False)
    if trouble is Trouble.UNAVAILABLE:
        return Answer(answer(503, b"Not now.", more=retry_after), is_whole=False, rest=rest)
    if trouble is Trouble.TOO_MANY:
        return Answer(answer(429, b"Not so fast.", more=retry_after), is_whole=False, rest=rest)
    if trouble is Trouble.SLOW:
        return page(world, host, number)
    head, _, body = page(world, host, number).data.partition(b"\r\n\r\n")
    if trouble is Trouble.RESET:
        return Answer(head[:20], is_whole=False, ends=trouble)
    length = f"HTTP/1.1 200 OK\r\nContent-Type: {_HTML}\r\nContent-Length: {len(body) + 100}\r\n\r\n"
    return Answer(length.encode() + body, is_whole=False, ends=trouble)


def robots(file: RobotsFile, failures: int) -> Answer:
    """robots.txt, after it was answered with so many ``failures``."""
    if file.status == 503 or failures < file.fails:
        return Answer(answer(503, b"Later."), is_whole=False)
    if file.status == 404:
        return Answer(MISSING)
    lines = ["User-agent: *"]
    if file.crawl_delay:
        lines.append(f"Crawl-delay: {file.crawl_delay:g}")
    lines.append("Disallow: /private/" if file.forbids else "Disallow:")
    return Answer(answer(200, "\n".join([*lines, ""]).encode()))
