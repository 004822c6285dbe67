"""The ``summary.json`` of a crawl that nodes share, made of what was gathered.

It has the keys of an ordinary one (:mod:`crawler.watch.summary`), but for those that each process counts in
its own memory, and two more:

========  =====================================================================
cluster   which crawl it is: ``frontier``, the URL of its database, and ``name``
nodes     each incarnation of a node: its ``name``, which is its folder's; ``host``; ``pages``, without those
          that were skipped; ``joined_at`` and ``left_at`` (RFC 3339 UTC; null: it lives or was killed);
          ``end_state``; ``disk_lost``: its records are gone, and their pages were fetched again
========  =====================================================================
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from crawler.config import Config
from crawler.engine.broken_links import first_broken
from crawler.engine.resuming import settings_of
from crawler.engine.verdict import elsewhere, login_wall, why_nothing
from crawler.frontier.view import FrontierView, damaged_settings, open_view
from crawler.model.cluster import CLUSTER_ENTRY, DISCOVERED_ENTRY, NODES_ENTRY, node_command
from crawler.model.errors import EXIT_STOPPED, CrawlFailed
from crawler.rules.urls import is_login_url
from crawler.sinks import SINKS
from crawler.trace.counters import Counters
from crawler.watch.summary import EndState, make_summary, write_summary

_IN_MEMORY = (
    "statuses", "requests", "retries", "bytes", "links_too_long", "parser_restarts", "writer_restarts",
    "peak_memory_bytes", "longest_stall_ms",
)  # fmt: skip


class _Verdict(NamedTuple):
    state: EndState
    exit_code: int
    message: str | None


def summarise(out: Path) -> dict[str, Any]:
    """Write ``summary.json`` of the crawl that was gathered into OUT; what it says. Blocks.

    Raises CrawlFailed where it does not add up, OutputError, StoreFailed.
    """
    config = settings_of(out)
    try:
        with open_view(out) as view:
            summary = _summary(view, out, config)
        write_summary(out, summary)
    except (KeyError, TypeError, ValueError) as error:
        raise damaged_settings(out, error) from error
    except OSError as error:
        raise CrawlFailed(f"the summary in {out} cannot be written: {error.strerror or error}") from error
    return summary


def _summary(view: FrontierView, out: Path, config: Config) -> dict[str, Any]:
    meta, counts, totals = view.meta(), view.counts(), view.totals()
    verdict = _judge(view, meta, counts, out, config)
    started = datetime.fromisoformat(meta["started_at"])
    ended = datetime.fromisoformat(meta["ended_at"]) if "ended_at" in meta else datetime.now(UTC)
    nodes = json.loads(meta[NODES_ENTRY])
    summary = make_summary(
        counts,
        Counters(),
        discovered=int(meta[DISCOVERED_ENTRY]),
        state=verdict.state,
        seeds=config.seeds,
        out=out,
        started_at=started,
        ended_at=ended,
        seconds=(ended - started).total_seconds(),
        sinks={name: {"file": f"*/{SINKS[name].file_of(1)}"} for name in config.write.sinks},
        hosts=view.hosts(),
    )
    done = summary["discovered"] - counts["pending"]
    seconds = summary["seconds"]
    return {key: value for key, value in summary.items() if key not in _IN_MEMORY} | {
        **totals,
        "pages_per_second": round(done / seconds, 2) if seconds > 0 else 0.0,
        "batches": sum(node["batches"] for node in nodes),
        "errors": first_broken(view, out) if counts["error"] else [],
        "near_duplicates": view.near_duplicates(),
        "generation": 1,
        "changes": None,
        "exit_code": verdict.exit_code,
        "message": verdict.message,
        "cluster": json.loads(meta[CLUSTER_ENTRY]),
        "nodes": [_node(node) for node in nodes],
    }


def _judge(
    view: FrontierView, meta: Mapping[str, str], counts: Mapping[str, int], out: Path, config: Config
) -> _Verdict:
    """How the crawl stands, with which exit code, and what is said about it."""
    how = f"to go on: {node_command(meta[CLUSTER_ENTRY], str(out))}"
    if meta["state"] not in ("finished", "incomplete"):
        return _Verdict("stopped", EXIT_STOPPED, f"{counts['pending']:,} URLs are pending; {how}")
    if not view.pages_ok()[0]:
        return _Verdict("incomplete", CrawlFailed.exit_code, why_nothing(view, config))
    if meta["state"] == "incomplete":
        why = f"{counts['pending']:,} URLs are pending, whose hosts put everything off; {how}"
        return _Verdict("incomplete", CrawlFailed.exit_code, why)
    wall = view.login_wall(is_login_url)
    return _Verdict("finished", 0, elsewhere(view, config) if wall is None else login_wall(*wall))


def _node(node: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": f"{node['name']}-{node['id']}",
        "host": node["host"],
        "pages": node["pages"],
        "joined_at": _rfc3339(node["joined_at"]),
        "left_at": _rfc3339(node["left_at"]),
        "end_state": node["end_state"],
        "disk_lost": node["disk_lost"],
    }


def _rfc3339(moment: float | None) -> str | None:
    """Unix time as it stands in a summary."""
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
