"""``summary.json``: the results of a crawl, in numbers that add up.

Its keys. Of the whole crawl, all runs together:

====================  =====================================================================
schema                1; grows when a key changes its meaning
state                 ``finished``, ``stopped`` (by a signal or by leaving early) or ``incomplete``
seeds, out            as given
started_at            RFC 3339 UTC, when the first run began
runs                  how many runs there were: the crawl was resumed ``runs - 1`` times
discovered            pages and sitemaps taken into the frontier; ok + truncated + error + skipped + pending
ok, truncated, error, skipped, pending
                      pages by how they ended; pending ones have not
targets               URLs that a check asks for beside the pages, by what they are asked for (``stylesheet``,
                      ``asset``, ``external``, ``probe``): ``discovered`` and the same five counts, which
                      add up as well; empty without the sink ``facts``
generation            1, and one more each time that the site was crawled again into the same folder
changes               since the generation before, pages by what became of them: ``unchanged``; ``cosmetic``,
                      where the text is nearly the same; ``changed``; ``new``; ``gone`` (404, 410 or, in a
                      crawl that nothing cut short, linked no more), and of these up to ten as
                      ``gone_urls``, with ``url`` and ``why``; null in a first generation
hosts_total           how many origins
hosts                 those with the most pages, each with its ``origin`` and the same five counts
sinks                 by name: ``file``, and ``records`` where it is known
kinds                 records by kind, those that are not ok
links_out_of_scope, links_too_deep, links_nofollow
                      links that were seen and not taken into the frontier
extract_failed        pages on which the extract function failed
extract_error         one of the first of them: ``url`` and ``error``, a traceback; null where there is none
errors                up to ten URLs that ended as errors, of each kind in turn: ``url``, ``kind``,
                      ``status``, ``message``, ``linked_from``: the first pages that lead there, each with
                      its ``url``, and ``through`` which redirect (``crawler status OUT --errors`` has all)
near_duplicates       pages that are the same, or say nearly the same: how many ``groups`` of them, how many
                      ``pages`` in these, and the ten ``largest``: ``pages`` and up to three ``urls`` of each
exit_code, message    how the command ended, and the sentence about it
====================  =====================================================================

Of the last run alone, because it is counted in memory:

====================  =====================================================================
ended_at, seconds     RFC 3339 UTC; how long the run took
statuses              answers by HTTP status (keys are strings, as JSON wants)
requests, retries     HTTP requests, those for robots.txt and the retries among them
bytes                 decoded body bytes read
links_too_long        links longer than ``scope.max_url_length`` or growing beyond ``scope.max_repeats``
pages_per_second      records committed ÷ seconds
batches               commits
parser_restarts, writer_restarts
                      child processes replaced
peak_memory_bytes     most memory that all processes together were seen taking; 0 where it cannot be read
longest_stall_ms      longest time that the event loop was blocked
====================  =====================================================================
"""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from crawler.model.errors import CrawlFailed
from crawler.model.outcomes import Outcome
from crawler.model.rows import HostRow
from crawler.sinks.disk import sync_folder
from crawler.trace.counters import Counters
from crawler.watch.hosts import host_counts, largest
from crawler.watch.whole_file import whole_file

if TYPE_CHECKING:
    from rich.console import Console

SCHEMA = 1
SUMMARY_FILE = "summary.json"
ENDS = (*(outcome.value for outcome in Outcome), "pending")
"""The five counts that add up to ``discovered``."""

_HOSTS_KEPT = 50
_TERMINAL_ANYHOW = {"FORCE_COLOR", "TTY_COMPATIBLE"}
"""Variables by which rich may take a pipe for a terminal."""

EndState = Literal["finished", "stopped", "incomplete"]


def kept_summary(out: Path, generation: int) -> Path:
    """Where the summary of a generation is kept once there is a later one."""
    return out / f"{Path(SUMMARY_FILE).stem}@{generation}.json"


def make_summary(
    counts: Mapping[str, int],
    counters: Counters,
    *,
    discovered: int,
    state: EndState,
    seeds: Sequence[str],
    out: Path,
    started_at: datetime,
    ended_at: datetime,
    seconds: float,
    runs: int = 1,
    sinks: Mapping[str, Mapping[str, object]] | None = None,
    hosts: "Iterable[HostRow]" = (),
    targets: Mapping[str, Mapping[str, int]] | None = None,
) -> dict[str, Any]:
    """The summary as a dict that JSON can hold.

    ``counts`` are URLs by outcome, and ``"pending"``, as the frontier has them (an
    :class:`~crawler.model.outcomes.Outcome` is a str and fits as a key); ``discovered`` is counted
    apart from them, so that :func:`check_conservation` can find a URL that was lost between.
    ``targets`` are other URLs by what they are asked for, each with ``discovered`` beside its counts.
    ``seconds`` is the length of this run, as are ``counters``. The two moments must be aware ones.
    """
    all_hosts = list(hosts)
    return {
        "schema": SCHEMA,
        "state": state,
        "seeds": list(seeds),
        "out": str(out),
        "started_at": _rfc3339(started_at),
        "ended_at": _rfc3339(ended_at),
        "seconds": round(seconds, 3),
        "runs": runs,
        "discovered": discovered,
        **{end: counts.get(end, 0) for end in ENDS},
        "targets": {word: dict(ends) for word, ends in (targets or {}).items()},
        "kinds": {str(kind): count for kind, count in counters.kinds.most_common()},
        "statuses": {str(status): count for status, count in sorted(counters.statuses.items())},
        "requests": counters.requests,
        "retries": counters.retries,
        "bytes": counters.bytes,
        "pages_per_second": round(counters.committed / seconds, 2) if seconds > 0 else 0.0,
        "links_out_of_scope": counters.links_out_of_scope,
        "links_too_deep": counters.links_too_deep,
        "links_nofollow": counters.links_nofollow,
        "links_too_long": counters.links_too_long,
        "batches": counters.batches,
        "parser_restarts": counters.parser_restarts,
        "writer_restarts": counters.writer_restarts,
        "peak_memory_bytes": counters.peak_memory,
        "longest_stall_ms": round(counters.longest_stall * 1000, 1),
        "hosts_total": len(all_hosts),
        "hosts": [host_counts(host) for host in largest(all_hosts, _HOSTS_KEPT)],
        "sinks": {name: dict(facts) for name, facts in (sinks or {}).items()},
    }


def check_conservation(summary: Mapping[str, Any]) -> None:
    """Raise CrawlFailed, naming the numbers, unless every discovered URL is accounted for once."""
    groups = {"URLs": summary} | {
        f"URLs of purpose {word}": ends for word, ends in summary["targets"].items()
    }
    for what, counts in groups.items():
        total = sum(counts[end] for end in ENDS)
        if total != counts["discovered"]:
            terms = " + ".join(f"{counts[end]} {end}" for end in ENDS)
            raise CrawlFailed(
                f"internal error: {counts['discovered']} {what} were discovered, but {terms} makes {total}"
            )


def write_summary(out: Path, summary: Mapping[str, Any]) -> Path:
    """Write ``summary.json`` into the folder ``out``, whole or not at all; returns its path.

    Checks it first. Raises CrawlFailed where it does not add up, OSError where the disk refuses;
    an older summary is then still there. Blocks: not for the event loop.
    """
    check_conservation(summary)
    path = out / SUMMARY_FILE
    with whole_file(path, out / f"{SUMMARY_FILE}.tmp") as file:
        json.dump(summary, file, indent=2, ensure_ascii=False)
        file.write("\n")
    sync_folder(out)  # the new name is in the folder, which has to reach the disk too
    return path


def print_summary(summary: Mapping[str, Any], console: "Console | None" = None) -> None:
    """Show it: a table on a terminal, plain aligned lines elsewhere. ``console``: default stdout."""
    if console is None and not sys.stdout.isatty() and not _TERMINAL_ANYHOW & os.environ.keys():
        # Without rich, whose import takes 20 ms of the program's end.
        from crawler.watch.summary_lines import plain

        sys.stdout.write("\n".join(plain(summary)) + "\n")
    else:
        from crawler.watch.summary_view import show

        show(summary, console)


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
