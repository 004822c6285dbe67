"""The rows of the summary, and the plain lines that show them where there is no terminal."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from crawler.model.cluster import node_command
from crawler.watch.hosts import COLUMNS
from crawler.watch.units import age, per_second, size

HOSTS_SHOWN = 10
_NODES_SHOWN = 10

Row = tuple[str, str]


def plain(summary: Mapping[str, Any]) -> Iterator[str]:
    """The summary as aligned lines without any markup."""
    yield title(summary)
    for name, count, share in ends(summary):
        yield f"  {name:<14} {count:>12} {share:>7}".rstrip()
    for label, value in facts(summary):
        yield f"  {label:<14} {value}"
    if summary["hosts_total"] > 1:
        for host in summary["hosts"][:HOSTS_SHOWN]:
            counts = ", ".join(f"{column} {host[column]:,}" for column in COLUMNS if host[column])
            yield f"  {'host':<14} {host['origin']}: {counts}"
        if (left := summary["hosts_total"] - HOSTS_SHOWN) > 0:
            yield f"  {'':<14} and {left:,} more hosts"
    for heading, line in broken(summary):
        yield f"  {heading or f'  {line}'}"
    for label, value in (*files(summary), *going_on(summary)):
        yield f"  {label:<14} {value}"


def title(summary: Mapping[str, Any]) -> str:
    """Which crawl it was, and how it ended."""
    generation = summary.get("generation", 1)
    which = "crawl" if generation == 1 else f"generation {generation}"
    return f"{which} {summary['state']}"


def ends(summary: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """How the URLs ended: the name, the count, the share."""
    discovered = summary["discovered"]
    for name in COLUMNS:
        count = summary[name]
        yield name, f"{count:,}", f"{count / discovered:.1%}" if count else ""
    yield "discovered", f"{discovered:,}", ""


def facts(summary: Mapping[str, Any]) -> Iterator[Row]:
    """What else there is to say, each with its label."""
    if summary["hosts_total"] == 1:
        yield "host", summary["hosts"][0]["origin"]
    if summary["targets"]:
        yield "targets", targets(summary["targets"])
    if kinds := _listed(summary["kinds"]):
        yield "kinds", kinds
    yield from since(summary)
    if (alike := summary.get("near_duplicates")) and alike["groups"]:
        first = alike["largest"][0]
        such = f"the largest {first['pages']:,} pages, such as {first['urls'][0]}"
        yield "near copies", f"{alike['pages']:,} pages in {alike['groups']:,} groups say the same: {such}"
    nodes = summary.get("nodes")
    if nodes is None:
        yield from _answers(summary)
    yield "speed", f"{per_second(summary['pages_per_second'])} pages/s over {age(summary['seconds'])}"
    if nodes is None:
        yield (
            "requests",
            f"{summary['requests']:,}, of them {summary['retries']:,} retries; {size(summary['bytes'])} read",
        )
    else:
        names = ", ".join(f"{node['name']} {node['pages']:,}" for node in nodes[:_NODES_SHOWN])
        yield "nodes", names + (f" and {len(nodes) - _NODES_SHOWN:,} more" * (len(nodes) > _NODES_SHOWN))
    left = {
        "out of scope": summary["links_out_of_scope"],
        "too deep": summary["links_too_deep"],
        "nofollow": summary["links_nofollow"],
        "too long or growing": summary.get("links_too_long", 0),
    }
    yield "links left", _listed({why: count for why, count in left.items() if count}) or "none"
    if nodes is None:
        yield from _of_one_machine(summary)


def _answers(summary: Mapping[str, Any]) -> Iterator[Row]:
    classes: dict[str, int] = {}
    for status, count in summary["statuses"].items():
        classes[f"{status[0]}xx"] = classes.get(f"{status[0]}xx", 0) + count
    if answers := _listed(classes):
        yield "answers", f"{answers} (to all requests, robots.txt too)"


def _of_one_machine(summary: Mapping[str, Any]) -> Iterator[Row]:
    yield "longest stall", f"{summary['longest_stall_ms']:.0f} ms of the event loop"
    if summary["peak_memory_bytes"]:
        yield "memory", f"{size(summary['peak_memory_bytes'])} at most, all processes together"
    restarts = {who: summary[f"{who[:-1]}_restarts"] for who in ("parsers", "writers")}
    if any(restarts.values()):
        yield "restarts", _listed({who: count for who, count in restarts.items() if count})
    if summary["runs"] > 1:
        yield "runs", f"{summary['runs']}; the crawl began at {summary['started_at']}"


def since(summary: Mapping[str, Any]) -> Iterator[Row]:
    """What became of the pages of the generation before."""
    if (changes := summary.get("changes")) is None:
        return
    counts = {word: changes[word] for word in ("unchanged", "cosmetic", "changed", "new", "gone")}
    yield "since before", _listed({word: count for word, count in counts.items() if count}) or "nothing"
    for page in changes["gone_urls"]:
        yield "gone", f"{page['url']} ({page['why']})"
    if (left := counts["gone"] - len(changes["gone_urls"])) > 0:
        yield "", f"and {left:,} more"


def targets(found: Mapping[str, Mapping[str, int]]) -> str:
    """What is asked for beside the pages, each purpose with its counts."""
    return "; ".join(
        f"{word} {_listed({column: ends[column] for column in COLUMNS if ends[column]}) or 'none'}"
        for word, ends in found.items()
    )


def broken(summary: Mapping[str, Any]) -> Iterator[Row]:
    """What failed, as headings and lines: the extract function; URLs with the first pages linking to each."""
    failed, errors = summary.get("extract_failed"), summary.get("errors")
    if not failed and not errors:
        return
    from crawler.watch.broken import Broken, Source, lines, shown  # most crawls do without

    if failed:
        first = summary["extract_error"]
        yield f"extract failed on {failed:,} of {summary['ok'] + summary['truncated']:,} pages", ""
        yield "", f"first on {shown(first['url'])}"
        yield from (("", f"  {line}") for line in shown(first["error"]).splitlines())
    if errors:
        found = (
            Broken(**error | {"linked_from": [Source(**page) for page in error["linked_from"]]})
            for error in errors
        )
        for kind, line in lines(found):
            yield f"{kind} {summary['kinds'][kind]:,}" if kind else "", line
        out = shlex.quote(summary["out"])
        yield "", f"all, with every page that leads to them: crawler status {out} --errors"


def files(summary: Mapping[str, Any]) -> Iterator[Row]:
    """Where the records are."""
    for sink in summary["sinks"].values():
        records = sink.get("records")
        yield "output", str(sink["file"]) + (f"  ({records:,} records)" if records is not None else "")


def going_on(summary: Mapping[str, Any]) -> Iterator[Row]:
    """The command that goes on with the crawl, where there is something left."""
    out = shlex.quote(summary["out"])
    if told := summary.get("cluster"):
        if summary["state"] != "finished" or summary["pending"]:
            is_limited = summary["state"] == "finished"
            yield (
                ("left", "a limit ended it")
                if is_limited
                else ("to go on", node_command(json.dumps(told), summary["out"]))
            )
    elif summary["state"] != "finished":
        left = summary["pending"] + sum(ends["pending"] for ends in summary["targets"].values())
        yield "to go on" if left else "try again", f"crawler resume {out}"
    elif summary["pending"]:
        # Only a limit ends a crawl that still has URLs; with the same one it would end at once.
        yield "to go on", f"crawler resume {out} --max-pages N   (a limit ended it: with a higher N)"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
