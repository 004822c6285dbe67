import io
import json
import subprocess
import sys
from collections import Counter, namedtuple
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from crawler.model.errors import CrawlFailed
from crawler.model.outcomes import Kind, Outcome
from crawler.trace.counters import Counters
from crawler.watch.summary import check_conservation, make_summary, print_summary, write_summary

Host = namedtuple("Host", "origin pending ok truncated error skipped")
BEGAN = datetime(2025, 11, 23, 1, 15, 18, 400_000, tzinfo=timezone(timedelta(hours=1)))


def summary_of(state="finished", pending=0, hosts=1, out="crawls/a b", **more):
    counters = Counters(
        requests=1_260,
        retries=26,
        bytes=45_300_000,
        committed=1_234,
        kinds=Counter({Kind.HTTP_STATUS: 88, Kind.REDIRECTED: 900}),
        statuses=Counter({200: 1_100, 404: 80, 410: 8, 301: 40, 503: 2}),
        links_out_of_scope=3_120,
        longest_stall=0.0123,
    )
    counts = {Outcome.OK: 1_100, Outcome.TRUNCATED: 3, Outcome.ERROR: 112, Outcome.SKIPPED: 19}
    keys = {
        "discovered": 1_234 + pending,
        "state": state,
        "seeds": ["http://a/?x=1&y=2"],
        "out": Path(out),
        "started_at": BEGAN,
        "ended_at": datetime(2025, 11, 23, 0, 15, 30, tzinfo=UTC),
        "seconds": 12.34,
        "sinks": {
            "jsonl": {"file": f"{out}/records.jsonl", "records": 1_234},
            "sqlite": {"file": "records.db"},
        },
        "hosts": [Host(f"http://host{number}:8000", 1, number, 0, 3, 0) for number in range(hosts)],
    }
    return make_summary(counts | {"pending": pending}, counters, **(keys | more))


def names(folder):
    return [path.name for path in folder.iterdir()]


def printed(summary, width=80, terminal=True):
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None)
    print_summary(summary, console)
    return console.file.getvalue()


def test_pages_that_say_the_same_are_told_in_a_line():
    largest = [{"pages": 3, "urls": ["http://a/1", "http://a/2", "http://a/3"]}, {"pages": 2, "urls": []}]
    told = {"near_duplicates": {"groups": 2, "pages": 5, "largest": largest}}
    line = "near copies    5 pages in 2 groups say the same: the largest 3 pages, such as http://a/1"
    assert line in printed(summary_of() | told, terminal=False)
    for nothing in ({}, {"near_duplicates": {"groups": 0, "pages": 0, "largest": []}}):
        assert "near copies" not in printed(summary_of() | nothing, terminal=False)


def test_the_keys_are_those_that_are_documented():
    summary = summary_of()
    assert " ".join(summary) == (
        "schema state seeds out started_at ended_at seconds runs "
        "discovered ok truncated error skipped pending targets "
        "kinds statuses requests retries bytes pages_per_second "
        "links_out_of_scope links_too_deep links_nofollow links_too_long batches parser_restarts "
        "writer_restarts peak_memory_bytes longest_stall_ms hosts_total hosts sinks"
    )
    assert summary["schema"] == 1
    assert summary["started_at"] == "2025-11-23T00:15:18.400Z"
    assert summary["pages_per_second"] == 100.0
    assert summary["longest_stall_ms"] == 12.3
    assert summary["statuses"] == {"200": 1_100, "301": 40, "404": 80, "410": 8, "503": 2}
    assert list(summary["kinds"].items()) == [("redirected", 900), ("http_status", 88)]
    assert json.loads(json.dumps(summary)) == summary


def test_every_key_is_documented():
    import crawler.watch.summary as module

    words = module.__doc__.replace(",", " ").replace("``", " ").split()
    assert [key for key in summary_of() if key not in words] == []


def test_only_the_largest_hosts_are_kept_and_all_are_counted():
    summary = summary_of(hosts=60)
    assert summary["hosts_total"] == 60
    assert len(summary["hosts"]) == 50
    assert summary["hosts"][0] == {
        "origin": "http://host59:8000",
        "ok": 59,
        "truncated": 0,
        "error": 3,
        "skipped": 0,
        "pending": 1,
    }


def test_a_crawl_of_no_time_has_no_rate():
    assert summary_of(seconds=0.0)["pages_per_second"] == 0.0


def test_numbers_that_add_up_pass():
    # Would catch a sum that leaves one of the outcomes out: it raises.
    check_conservation(summary_of(pending=7))


@pytest.mark.parametrize("discovered", [1_233, 1_235])
def test_a_lost_url_is_an_error_that_names_the_numbers(discovered):
    with pytest.raises(CrawlFailed) as caught:
        check_conservation(summary_of(discovered=discovered))
    assert str(caught.value) == (
        f"internal error: {discovered} URLs were discovered, "
        "but 1100 ok + 3 truncated + 112 error + 19 skipped + 0 pending makes 1234"
    )


ENDED = {"ok": 30, "truncated": 0, "error": 2, "skipped": 1, "pending": 7}
TARGETS = {
    "asset": {"discovered": 40, **ENDED},
    "probe": {"discovered": 1, **dict.fromkeys(ENDED, 0), "ok": 1},
}


def test_targets_are_counted_apart_and_add_up_too():
    summary = summary_of(targets=TARGETS)
    check_conservation(summary)
    assert summary["targets"] == TARGETS
    assert summary["discovered"] == 1_234
    lost = TARGETS | {"asset": TARGETS["asset"] | {"discovered": 41}}
    with pytest.raises(CrawlFailed) as caught:
        check_conservation(summary_of(targets=lost))
    assert str(caught.value) == (
        "internal error: 41 URLs of purpose asset were discovered, "
        "but 30 ok + 0 truncated + 2 error + 1 skipped + 7 pending makes 40"
    )


@pytest.mark.parametrize("terminal", [True, False])
def test_targets_have_a_line_where_there_are_any(terminal):
    shown = printed(summary_of(targets=TARGETS), terminal=terminal)
    assert "asset ok 30, error 2, skipped 1, pending 7; probe ok 1" in " ".join(
        shown.replace("│", " ").split()
    )
    assert "targets" not in printed(summary_of(), terminal=terminal)


def test_a_crawl_that_has_only_targets_left_is_gone_on_with():
    assert "to go on" in printed(summary_of("stopped", targets=TARGETS), terminal=False)


def test_it_is_written_whole(tmp_path):
    path = write_summary(tmp_path, summary_of(out="crawls/ä"))
    assert path == tmp_path / "summary.json"
    assert json.loads(path.read_text("utf-8")) == summary_of(out="crawls/ä")
    assert "ä" in path.read_text("utf-8")
    assert names(tmp_path) == ["summary.json"]


def test_what_does_not_add_up_is_not_written(tmp_path):
    with pytest.raises(CrawlFailed):
        write_summary(tmp_path, summary_of(discovered=1))
    assert names(tmp_path) == []


def test_a_failed_write_leaves_the_older_summary(tmp_path, monkeypatch):
    write_summary(tmp_path, summary_of())

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_summary(tmp_path, summary_of(pending=7))
    assert json.loads((tmp_path / "summary.json").read_text())["pending"] == 0
    assert names(tmp_path) == ["summary.json"]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_the_frame_fits_the_terminal(width):
    lines = printed(summary_of("stopped", 400, hosts=14), width).splitlines()
    framed = [line for line in lines if line[:1] in "╭│╰"]
    assert len(framed) > 15
    assert {cell_len(line) for line in framed} == {width}


def test_what_is_shown():
    text = printed(summary_of("stopped", 400, hosts=14, runs=3))
    for part in (
        "crawl stopped",
        "redirected 900, http_status 88",
        "2xx 1,100, 3xx 40, 4xx 88, 5xx 2",
        "(to all requests,",
        "100 pages/s over 12 s",
        "1,260, of them 26 retries; 43.2 MiB read",
        "out of scope 3,120",
        "12 ms of the event loop",
        "http://host13:8000",
        "and 4 more",
        "24.5%",
    ):
        assert part in text


def test_paths_and_the_way_on_are_in_one_piece():
    out = "crawls/a folder with a name that is far too long for a terminal of sixty columns"
    lines = printed(summary_of("stopped", 400, out=out), 60).splitlines()
    assert f"to go on  crawler resume '{out}'" in lines
    assert f"output    {out}/records.jsonl  (1,234 records)" in lines


TROUBLE = {
    "extract_failed": 1_100,
    "extract_error": {
        "url": "http://a/x",
        "error": "Traceback\n  File 'a.py', line 3\nValueError: \x1b[1m",
    },
    "errors": [
        {
            "url": "http://a/" + "long/" * 20,
            "kind": "http_status",
            "status": 404,
            "message": "The server answered 404 (Not Found).",
            "linked_from": [
                {"url": "http://a/", "through": None},
                {"url": "http://a/b", "through": "http://a/c"},
            ],
        },
        {"url": "http://b/", "kind": "connect", "status": None, "message": "Refused.\x07", "linked_from": []},
    ],
}


@pytest.mark.parametrize("terminal", [True, False])
def test_what_is_broken_is_listed_in_unbroken_lines(terminal):
    summary = summary_of() | TROUBLE
    summary["kinds"]["connect"] = 2
    lines = [line.strip() for line in printed(summary, 60, terminal).splitlines()]
    at = lines.index("extract failed on 1,100 of 1,103 pages")
    assert lines[at : at + 13] == [
        "extract failed on 1,100 of 1,103 pages",
        "first on http://a/x",
        "Traceback",
        "File 'a.py', line 3",
        "ValueError: \\x1b[1m",
        "http_status 88",
        f"http://a/{'long/' * 20}: 404 (Not Found)",
        "linked from http://a/",
        "linked from http://a/b, through http://a/c",
        "connect 2",
        "http://b/: refused.\\x07",
        "linked from no page: a seed, or where one redirects to",
        "all, with every page that leads to them: crawler status 'crawls/a b' --errors",
    ]


def test_a_crawl_without_any_page_is_to_be_tried_again():
    assert "try again crawler resume 'crawls/a b'" in printed(summary_of("incomplete"))
    assert "  try again      crawler resume 'crawls/a b'" in printed(summary_of("incomplete"), terminal=False)


@pytest.mark.parametrize("width", [40, 60])
def test_a_narrow_terminal_shows_every_count(width):
    text = printed(summary_of("stopped", 400), width)
    for name, count in (("ok", "1,100"), ("error", "112"), ("pending", "400"), ("discovered", "1,634")):
        assert any(line.split()[1:3] == [name, count] for line in text.splitlines())


@pytest.mark.parametrize("width", [40, 60])
def test_a_narrow_terminal_shows_every_host_with_its_counts(width):
    text = " ".join(printed(summary_of("stopped", 400, hosts=14), width).replace("│", " ").split())
    assert "http://host13:8000 ok 13, error 3, pending 1 http://host12:8000 ok 12," in text
    assert "http://host4:8000 ok 4, error 3, pending 1 and 4 more" in text
    assert "…" not in text


def test_a_finished_crawl_needs_no_way_on():
    assert "to go on" not in printed(summary_of())


def test_a_crawl_that_a_limit_ended_goes_on_with_a_higher_one():
    text = printed(summary_of("finished", 400))
    assert "to go on  crawler resume 'crawls/a b' --max-pages N   (a limit ended it: with a higher N)" in text


def test_elsewhere_it_is_plain_lines():
    text = printed(summary_of("incomplete", 400, hosts=14), terminal=False)
    lines = text.splitlines()
    assert lines[0] == "crawl incomplete"
    assert ["ok", "1,100", "67.3%"] in [line.split() for line in lines]
    assert "  to go on       crawler resume 'crawls/a b'" in lines
    assert "  host           http://host13:8000: ok 13, error 3, pending 1" in lines
    assert text.isascii()


def test_an_empty_crawl_can_be_printed():
    summary = make_summary(
        {},
        Counters(),
        discovered=0,
        state="incomplete",
        seeds=[],
        out=Path("o"),
        started_at=BEGAN,
        ended_at=BEGAN,
        seconds=0,
    )
    check_conservation(summary)
    for terminal in (True, False):
        assert "crawl incomplete" in printed(summary, terminal=terminal)


@pytest.fixture
def nobody_asks_for_colour(monkeypatch):
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_terminal_it_is_printed_as_by_rich_and_without_it(nobody_asks_for_colour):
    code = (
        "import json, sys; from crawler.watch.summary import print_summary;"
        "print_summary(json.load(sys.stdin)); sys.exit('rich' in sys.modules)"
    )
    summary = summary_of(pending=7)
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(summary), capture_output=True, text=True, check=True
    )
    assert done.stdout == printed(summary, terminal=False)


def test_whoever_forces_colour_gets_the_frame(nobody_asks_for_colour, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    print_summary(summary_of())
    assert "╭" in capsys.readouterr().out
