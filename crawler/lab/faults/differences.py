"""Where the second HTTP library reads a broken answer differently, and why: the manifest's other column.

Everything that is not named here must be recorded over ``fetch.backend = "httpx"`` as over aiohttp. What
differs are answers that break the rules of HTTP/1.1, of which each library forgives some and refuses others.
"""

from dataclasses import dataclass, replace

from crawler.lab.faults.manifest import Here, Wanted, lost, ok
from crawler.lab.faults.site import FaultSite
from crawler.model.outcomes import Kind


@dataclass(frozen=True, slots=True)
class Difference:
    """One fault over httpx."""

    wanted: Wanted
    why: str


_HEAD_FIRST = "the head is handed over before the body is read, so its status is known when the body breaks"
_broken_body = Difference(lost(Kind.FRAMING, 200, attempts=1), _HEAD_FIRST)

OVER_HTTPX: dict[str, Difference] = {
    **dict.fromkeys(
        (
            "length-too-short",
            "length-zero",
            "chunk-size-in-words",
            "chunk-size-negative",
            "chunk-size-with-0x",
            "chunk-size-missing",
            "chunk-too-long",
            "chunk-too-short",
        ),
        _broken_body,
    ),
    "chunk-size-beyond-64-bits": Difference(
        lost(Kind.FRAMING, 200), "h11 has no bound for a size, so to it the chunk breaks off"
    ),
    "status-204-with-a-body": Difference(lost(Kind.FRAMING, 204, attempts=1), _HEAD_FIRST),
    "chunk-extension-without-end": Difference(
        lost(Kind.FRAMING, 200, attempts=1),
        "h11 bounds the line of a chunk's size, so it does not wait for its end",
    ),
    "switching-protocols": Difference(
        lost(Kind.FRAMING, attempts=1), "h11 refuses a change of protocol that was not asked for"
    ),
    "a-second-answer-unasked": Difference(
        ok(), "h11 stops reading where the answer ends; the connection is closed, the rest never read"
    ),
}
"""By the fault's name."""


def over(site: FaultSite, backend: str, here: Here) -> FaultSite:
    """``site`` with what must be recorded of it over ``backend``."""
    if backend != "httpx":
        return site
    expected = dict(site.expected)
    for fault in site.faults:
        if fault.name in OVER_HTTPX:
            url = here.origin + fault.path
            expected[url] = replace(expected[url], wanted=OVER_HTTPX[fault.name].wanted)
    return replace(site, expected=expected)
