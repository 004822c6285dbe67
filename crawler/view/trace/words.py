"""What is said of every trace, whatever it is asked for."""

from collections.abc import Iterator
from datetime import UTC, datetime
from shlex import quote
from typing import Any

from crawler.view.trace.traces import Found

_NAMED = 3
"""Other runs that are named, at most."""


def head(found: Found) -> dict[str, Any]:
    """What JSON has first; times in seconds."""
    trace = found.trace
    began = trace.started_at
    said = {key: trace.meta.get(key) for key in ("version", "python", "cores", "executor", "workers")}
    return {
        "files": list(map(str, found.files)),
        **whereabouts(found),
        "started_at": None if began is None else rfc3339(began, "milliseconds"),
        "seconds": trace.seconds,
        "is_cut_off": trace.is_cut_off,
        "dropped": trace.meta.get("dropped", 0),
        **said,
        "concurrency": trace.meta.get("concurrency"),
    }


def whereabouts(found: Found) -> dict[str, Any]:
    """Which generation it is of, and which other traces there are, as JSON has them."""
    return {
        "generation": found.generation,
        "untraced_generation": found.untraced,
        "other_runs": list(map(str, found.others)),
    }


def rfc3339(at: float, timespec: str = "seconds") -> str:
    """A Unix time in seconds as RFC 3339 writes it, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def notes(found: Found) -> Iterator[str]:
    """Sentences about what of the crawl is not in this trace, and how to look at that."""
    if found.untraced is not None:
        yield f"Generation {found.untraced} has no trace: this one is of generation {found.generation}."
    if found.others:
        names = ", ".join(path.name for path in found.others[:_NAMED])
        more = len(found.others) - _NAMED
        yield (
            f"Other runs have traces of their own: {names}{f' and {more} more' if more > 0 else ''};"
            f" crawler trace {quote(str(found.others[0]))} reads the first of them."
        )
