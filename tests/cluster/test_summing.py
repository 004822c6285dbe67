"""The summary of a crawl that nodes share."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import pytest

from crawler.model.errors import CrawlFailed
from crawler.watch.summary import print_summary
from crawler.watch.summary_lines import plain
from tests.postgresql import require_asyncpg

require_asyncpg()

from crawler.cluster.gathering import gather  # noqa: E402
from crawler.cluster.summing import summarise  # noqa: E402
from tests.cluster.filled import Filled, fetch  # noqa: E402


async def summed(database: str, out: Path, *changes: str, state: str = "finished") -> dict[str, Any]:
    """The summary of the crawl, as it is after ``changes``."""
    crawl = Filled(database)
    await crawl.fill(state=state)
    for change in changes:
        await fetch(crawl.place, change)
    await asyncio.to_thread(crawl.write, out)
    await asyncio.to_thread(gather, out, crawl.place)
    summary = await asyncio.to_thread(summarise, out)
    assert json.loads(await asyncio.to_thread((out / "summary.json").read_text)) == summary
    return summary


async def test_the_whole_crawl_in_numbers(database: str, tmp_path: Path) -> None:
    summary = await summed(database, tmp_path)
    assert (summary["state"], summary["exit_code"], summary["seconds"]) == ("finished", 0, 100.0)
    ends = ("discovered", "ok", "truncated", "error", "skipped", "pending")
    assert [summary[end] for end in ends] == [6, 3, 0, 1, 1, 1]
    assert summary["kinds"] == {"http_status": 1, "redirected": 1}
    assert (summary["pages_per_second"], summary["batches"], summary["hosts_total"]) == (0.05, 4, 2)
    assert (summary["links_out_of_scope"], summary["links_nofollow"]) == (5, 10)
    (error,) = summary["errors"]
    assert [page["url"] for page in error["linked_from"]] == ["http://127.0.0.1:8001/a"], "from records"
    assert "statuses" not in summary, "which each process counts for itself"


async def test_each_incarnation_is_named(database: str, tmp_path: Path) -> None:
    nodes = (await summed(database, tmp_path))["nodes"]
    assert [(node["name"], node["pages"], node["end_state"]) for node in nodes] == [
        ("red-1", 3, "lost"),
        ("blue-2", 1, None),
        ("red-3", 0, "finished"),
    ]
    assert nodes[0]["joined_at"] == "1970-01-01T00:01:40.000Z"
    assert (nodes[0]["left_at"], nodes[1]["left_at"]) == ("1970-01-01T00:02:30.000Z", None)


async def test_it_is_checked_against_the_count_beside_the_urls(database: str, tmp_path: Path) -> None:
    with pytest.raises(CrawlFailed, match=r"7 URLs were discovered, but .* makes 6"):
        await summed(database, tmp_path, "UPDATE partitions SET urls = urls + 1 WHERE n = 3")
    assert not (tmp_path / "summary.json").exists()


async def test_no_page_that_is_ok(database: str, tmp_path: Path) -> None:
    change = "UPDATE done SET state = 3, kind = 'connect', message = 'refused' WHERE state = 1"
    summary = await summed(database, tmp_path, change)
    assert (summary["state"], summary["exit_code"]) == ("incomplete", 3)
    assert "no page was ok" in summary["message"] or "no seed could be reached" in summary["message"]


async def test_one_that_goes_on_says_how(database: str, tmp_path: Path) -> None:
    summary = await summed(database, tmp_path, state="running")
    assert (summary["state"], summary["exit_code"]) == ("stopped", 130)
    assert "crawler node --frontier postgresql://" in summary["message"]


async def test_hosts_that_put_everything_off(database: str, tmp_path: Path) -> None:
    summary = await summed(database, tmp_path, state="incomplete")
    assert (summary["state"], summary["exit_code"]) == ("incomplete", 3)
    assert summary["message"].startswith("1 URLs are pending")


async def test_it_can_be_shown(database: str, tmp_path: Path) -> None:
    summary = await summed(database, tmp_path, state="running")
    for lines in ("\n".join(plain(summary)), _on_a_terminal(summary)):
        assert "red-1 3, blue-2 1, red-3 0" in lines
        assert "crawler node --frontier" in lines
        assert "crawler resume" not in lines


def _on_a_terminal(summary: dict[str, Any]) -> str:
    from rich.console import Console

    stream = io.StringIO()
    print_summary(summary, Console(file=stream, width=400))
    return stream.getvalue()
