"""``crawler status --watch``: the crawl of another process, as its own display would show it.

Only the last picture that the crawl has written of itself is read, again and again: neither grows with the
crawl, and the crawl does not know of it.
"""

import json as json_module
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from crawler.watch.picture import Picture, as_dict
from crawler.watch.progress_line import plain_line
from crawler.watch.repeated import repeated
from crawler.watch.status import Liveness, judge
from crawler.watch.units import age

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from crawler.frontier.view import FrontierView


class Seen(NamedTuple):
    """What one look finds."""

    liveness: Liveness
    picture: Picture | None
    """The newest; None where the crawl has written none yet, or another version of the program did."""


def look(view: "FrontierView", now: float) -> Seen:
    """How the crawl stands, as far as it has said. ``now``: Unix time in seconds."""
    meta, live = view.meta(), view.live() or {}
    picture = None
    with suppress(msgspec.ValidationError):
        picture = msgspec.convert(live, Picture)
    return Seen(judge(meta, live, now), picture)


def watch(
    view: "FrontierView",
    interval: float,
    *,
    json: bool = False,
    console: "Console | None" = None,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Show the crawl every ``interval`` seconds until it is over; at once where it is.

    Live on a terminal, one line each time elsewhere; with ``json`` one JSON object a line, the last one when
    it is over. ``console``: default stdout. Blocks; what is shown on a terminal is gone at the end.
    """
    in_words, drawn = (_json_line, None) if json else (line, _drawn)
    with repeated(console, in_words, drawn) as show:
        while True:
            seen = look(view, clock())
            if json or seen.liveness.alive:
                show(seen)
            if not seen.liveness.alive:
                return
            sleep(interval)


def as_object(seen: Seen) -> dict[str, Any]:
    """The picture with ``alive``, ``silent_seconds``, and as ``state`` silent or dead where it is that."""
    liveness, picture = seen
    found = {} if picture is None else as_dict(picture)
    state = found.get("state") if liveness.state == "running" else None
    return found | liveness._asdict() | {"state": state or liveness.state}


def line(seen: Seen) -> str:
    """The same in words."""
    liveness, picture = seen
    said = "nothing to show yet" if picture is None else plain_line(picture)
    return f"{silence(liveness)}; before that: {said}" if liveness.state == "silent" else said


def silence(liveness: Liveness) -> str:
    """For how long a crawl that lives has been silent."""
    return f"pid {liveness.pid} lives but has said nothing for {age(liveness.silent_seconds or 0.0)}"


def _json_line(seen: Seen) -> str:
    return json_module.dumps(as_object(seen), ensure_ascii=False)


def _drawn(seen: Seen, width: int) -> "RenderableType":
    from rich.console import Group
    from rich.text import Text

    from crawler.watch.progress_view import render

    liveness, picture = seen
    if picture is None:
        return Text(line(seen))
    shown = render(picture, width)
    if liveness.state != "silent":
        return shown
    return Group(Text(silence(liveness), style="bold yellow"), shown)
