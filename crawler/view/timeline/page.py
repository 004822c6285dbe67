"""The page: markup, style, scripts and data, put together so that a browser asks nobody for anything."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from crawler.model.errors import UsageError
from crawler.model.version import VERSION
from crawler.trace.recorded import Trace
from crawler.view.timeline.bars import ALL, Window, fitting, pack
from crawler.view.timeline.source import Sources
from crawler.watch.one_file_page import in_script, pieces, policy, text_of

MAX_BARS = 100_000
"""On one page, all crawls together: about 5 MB, which a browser draws without a pause."""
_HERE = Path(__file__).parent
_SCRIPTS = (
    "data.js", "painting.js", "axis.js", "drawing.js", "detail.js", "table.js", "input.js", "page.js",
)  # fmt: skip
"""In this order one script: what is run at once, and not called, stands below what it uses."""
_SHOWN_FACTS = ("executor", "workers", "concurrency", "cores", "python", "version")


def page(traces: Mapping[str, Trace], window: Window = ALL, max_bars: int = MAX_BARS) -> str:
    """The page of ``traces``, one below the other by the names that they have there.

    ``window``: seconds of each that are shown. Of one that has more slices than its share of ``max_bars`` its
    first seconds are shown, and that is said. Raises UsageError where all of them end before ``window``.
    """
    longest = max((trace.seconds for trace in traces.values()), default=0.0)
    if window.begin >= longest > 0:
        raise UsageError(
            f"--seconds: the crawl was traced for {longest:.3f} s, and {window.begin:g} is after"
        )
    sources = Sources()
    crawls = [_crawl(name, trace, window, max_bars // len(traces), sources) for name, trace in traces.items()]
    functions = [[each.file, each.name, each.first, each.text] for each in sources.functions]
    data = json.dumps({"crawls": crawls, "functions": functions}, ensure_ascii=False, separators=(",", ":"))
    style, script = text_of(_HERE, "page.css"), text_of(_HERE, *_SCRIPTS)
    filled = {
        "title": escape(f"Timeline of {', '.join(traces)}"),
        "policy": policy(style, script),
        "style": style,
        "script": script,
        "data": in_script(data),
        "version": VERSION,
    }
    return "".join(pieces(text_of(_HERE, "page.html"), filled))


def _crawl(name: str, trace: Trace, window: Window, limit: int, sources: Sources) -> dict[str, Any]:
    shown = fitting(trace, window, limit)
    return {
        "name": name,
        "seconds": trace.seconds,
        "said": _said(trace),
        "notes": list(_notes(trace, window, shown)),
        **pack(trace, shown, sources),
    }


def _said(trace: Trace) -> list[list[str]]:
    return [[name, str(trace.meta[name])] for name in _SHOWN_FACTS if trace.meta.get(name) is not None]


def _notes(trace: Trace, window: Window, shown: Window) -> Sequence[str]:
    notes = []
    if trace.is_cut_off:
        notes.append("The trace is cut off: the crawl still runs, or was killed. What is there is shown.")
    if shown.begin > 0 or shown.end < trace.seconds:
        text = f"Shown are the seconds {shown.begin:.3f} to {shown.end:.3f} of {trace.seconds:.3f}"
        more = shown.end < min(window.end, trace.seconds)
        why = ": more bars than that would make the page slow. Others are shown with --seconds FROM-TO"
        notes.append(f"{text}{why * more}.")
    recorded = trace.meta.get("version")
    if recorded is not None and recorded != VERSION:
        notes.append(f"Recorded by version {recorded}; the source shown is that of version {VERSION}.")
    return notes
