"""How a crawl that nodes share is told of at its end, and how several nodes of it are run at once."""

import os
import re
import shlex
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crawler.cli.common import complain, say, unread_is_no_error
from crawler.cli.refusals import look_at_sinks_and_extract
from crawler.model.errors import EXIT_STOPPED, CrawlFailed, UsageError

if TYPE_CHECKING:
    from crawler.cluster.local_nodes_process import Ended
    from crawler.config import Config
    from crawler.frontier.postgresql.place import Place

EXIT_FAILED = 1


def default_out(name: str) -> Path:
    """Where a node's crawl lies unless OUT is named: the same folder each time that it comes back."""
    return Path("crawls") / name


def made_name(seed: str) -> str:
    """A name for a crawl that begins at ``seed`` now."""
    host = re.sub(r"[^a-z0-9]+", "_", (urlsplit(seed).hostname or "").lower()).strip("_")[:23]
    return f"{host or 'crawl'}_{datetime.now(UTC).strftime('%Y%m%dt%H%M%Sz')}"


def tell_whole(
    out: Path, place: "Place", config: "Config", *, quiet: bool, also: Callable[[], None] = lambda: None
) -> int:
    """Gather the finished crawl into OUT and print its summary; the exit code. Raises CrawlerError.

    ``also`` is called before the last line, which says where the output lies.
    """
    from crawler.cluster.gathering import gather
    from crawler.cluster.summing import summarise
    from crawler.watch.summary import print_summary

    gather(out, place)
    summary: Mapping[str, Any] = summarise(out)
    if not quiet:
        with unread_is_no_error():
            print_summary(summary)
    code, message = int(summary.get("exit_code") or 0), summary.get("message")
    if code == 0 and (why := _fails(summary, config)):
        code, message = EXIT_FAILED, why
    if message and code == 0 and not quiet:
        say(message)
    also()
    say(f"output: {out}")
    if message and code != 0:
        complain(message)
    return code


def _fails(summary: Mapping[str, Any], config: "Config") -> str:
    """What ``--fail-on`` names and the crawl has found, as a sentence; empty where there is none."""
    found = {
        "errors": summary["error"],
        "http": summary["kinds"].get("http_status", 0),
        "extract": summary["extract_failed"],
    }
    words = ", ".join(f"{what} {found[what]:,}" for what in config.run.fail_on if found[what])
    return f"there is what --fail-on names: {words}" if words else ""


def run_nodes(config: "Config", count: int, *, quiet: bool) -> int:
    """Run ``count`` nodes of one crawl on this machine to the crawl's end, and tell of it; the exit code.

    Raises CrawlerError.
    """
    from crawler.cluster.joining import refuse
    from crawler.cluster.local_nodes_process import LocalNodes
    from crawler.frontier.postgresql.place import place_of

    refuse(config)
    look_at_sinks_and_extract(config)
    if config.cluster.name is None and config.seeds:
        config = config.replace({"cluster.name": made_name(config.seeds[0])}, "crawler run --nodes")
    place = place_of(config)
    if config.out is None:
        config = config.replace({"out": default_out(place.name)}, "crawler run --nodes")
        if not quiet:
            say(f"output: {config.out}")
    out = config.out
    assert out is not None  # noqa: S101 - set above
    nodes = LocalNodes(config, place, count, show=config.progress.show)
    ended = nodes.run()
    if ended.refused:  # by all of them, and that was said
        return UsageError.exit_code
    if ended.last.state != "running" and not ended.stopped:
        return tell_whole(out, place, config, quiet=quiet)
    return _tell_unfinished(ended, out, place, count)


def _tell_unfinished(ended: "Ended", out: Path, place: "Place", count: int) -> int:
    command = ("crawler", "run", "--nodes", str(count), "--frontier", place.frontier, "--name", place.name)
    how = f"to go on: {shlex.join((*command, '-o', os.fspath(out)))}"
    if ended.stopped:
        say(f"stopped; {how}")
        say(f"output: {out}")
        return EXIT_STOPPED
    say(f"output: {out}")
    complain(f"no node is left, and the crawl is not at its end; {how}")
    return CrawlFailed.exit_code
