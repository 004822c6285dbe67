"""A trace of a real crawl in the real Perfetto: what its engine says of it, asked by SQL."""

import sqlite3
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest

from crawler.model.record import Record
from tests.crawls import crawl, records
from tests.made_traces import write_trace
from tests.perfetto_page import Perfetto, opened

STEPS = """
    WITH ends AS (SELECT trace_id, slice_out AS id FROM flow UNION SELECT trace_id, slice_in FROM flow)
    SELECT trace_id, s.ts, s.ts + s.dur, s.name, process.name, process.pid, coalesce(track.name, thread.name)
    FROM ends JOIN slice s USING (id) JOIN track ON track.id = s.track_id
    JOIN thread_track ON thread_track.id = track.id JOIN thread USING (utid) JOIN process USING (upid)
    ORDER BY trace_id, s.ts
"""


ERRORS = "SELECT name, value FROM stats WHERE severity = 'error' AND value > 0"


class Step(NamedTuple):
    flow: int
    ns: int
    end: int
    name: str
    process: str
    pid: int
    track: str


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    """The bundled site, crawled with two parsers, each a process."""
    out = tmp_path_factory.mktemp("traced") / "out"
    done = crawl("demo", "--trace", "--workers", "2", "--executor", "process", "-o", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def perfetto(browser, out):
    with opened(browser, (out / "trace.pftrace").read_bytes()) as page:
        yield page


@pytest.fixture(scope="module")
def committed(out) -> dict[int, Record]:
    """Every committed URL's record, by its row id."""
    with sqlite3.connect(out / "crawl.db") as db:
        rows = dict(db.execute("SELECT url, id FROM urls WHERE state BETWEEN 1 AND 4").fetchall())
    db.close()
    found = {rows[record.url]: record for record in records(out)}
    assert len(found) == len(rows) > 150
    return found


@pytest.fixture(scope="module")
def flows(perfetto) -> dict[int, list[Step]]:
    """What each flow passes through, by the time at which it begins."""
    found = defaultdict(list)
    for row in perfetto.ask(STEPS):
        found[row[0]].append(Step(*row))
    return dict(found)


def test_it_opens_without_an_error(perfetto: Perfetto):
    assert perfetto.ask(ERRORS) == []
    assert perfetto.ask("SELECT count(*) FROM slice WHERE dur < 0") == [[0]]  # none that never ends
    [[flows]] = perfetto.ask("SELECT count(*) FROM flow")
    assert flows > 1_000


def test_every_committed_url_is_one_flow_from_its_lease_to_its_commit(perfetto: Perfetto, flows, committed):
    edges = dict(perfetto.ask("SELECT trace_id, count(*) FROM flow GROUP BY 1"))
    assert set(flows) == set(committed)
    for row, record in committed.items():
        steps = flows[row]
        names = [step.name for step in steps]
        assert edges[row] == len(steps) - 1, "a flow is a chain through all its slices"
        assert names[0] == "lease", record.url
        assert names[-1] == "committing", record.url
        main = steps[0].pid
        by_name = {step.name: step for step in steps}
        assert by_name["committing"].pid == main
        assert by_name["write a batch"].process == "writer-jsonl"
        assert by_name["write a batch"].pid != main
        if record.status is not None:
            assert by_name["wait for the answer"].track.startswith("fetch-")
        if record.outcome == "ok":
            parsed = by_name["parsing"]
            assert parsed.process.startswith("parser-")
            assert parsed.pid not in (main, by_name["write a batch"].pid)
        order = [
            name
            for name in ("lease", "wait for the answer", "read", "parsing", "write a batch", "committing")
            if name in by_name
        ]
        last = [max(step.ns for step in steps if step.name == name) for name in order]
        assert last == sorted(last), record.url


def test_there_is_a_track_for_each_process_and_worker(perfetto: Perfetto):
    processes = {name for [name] in perfetto.ask("SELECT name FROM process WHERE name IS NOT NULL")}
    parsers = processes & {"parser-0", "parser-1"}
    assert parsers
    assert processes - parsers == {"main", "writer-jsonl"}
    tracks = {name for [name] in perfetto.ask("SELECT DISTINCT name FROM track WHERE name IS NOT NULL")}
    assert {"lease", "commit", "page_queue", "finished_queue"} | parsers <= tracks
    assert {f"fetch-{number}" for number in range(32)} >= {
        name for name in tracks if name.startswith("fetch")
    }
    assert "fetch-0" in tracks


def test_its_counters_have_values(perfetto: Perfetto, committed):
    counted = perfetto.ask(
        "SELECT t.name, count(*), max(value) FROM counter JOIN counter_track t ON t.id = track_id GROUP BY 1"
    )
    most = {name: most for name, count, most in counted if count >= 3}
    assert set(most) == {
        "in flight", "at once", "page_queue", "finished_queue", "unacked", "memory", "loop lag", "loop cpu",
        "committed",
    }  # fmt: skip
    assert 0 < most["committed"] <= len(committed)
    assert most["memory"] > 1 << 20


def test_slices_name_the_line_of_source_that_ran(perfetto: Perfetto):
    lines = perfetto.ask(
        "SELECT DISTINCT s.name, extract_arg(arg_set_id, 'source.file_name'),"
        " extract_arg(arg_set_id, 'source.function_name'), extract_arg(arg_set_id, 'source.line_number')"
        " FROM slice s WHERE extract_arg(arg_set_id, 'source.file_name') IS NOT NULL"
    )
    package = Path(__file__).parents[2] / "crawler"
    named = {}
    for name, file, function, line in lines:
        text = (package / file).read_text().splitlines()[line - 1]
        named[name] = file, function.rpartition(".")[2], text.strip()
    assert named["wait for the answer"][:2] == ("fetch/fetcher.py", "_ask")
    assert "WAIT_FOR_ANSWER" in named["wait for the answer"][2]
    assert named["write a batch"][0] == "write/writer_process.py"
    assert named["parsing"][0].startswith("parse/")


def test_waiting_is_told_apart_from_working(perfetto: Perfetto):
    kinds = {(name, category) for name, category in perfetto.ask("SELECT DISTINCT name, category FROM slice")}
    assert ("wait for the answer", "wait") in kinds
    assert ("read", "work") in kinds
    assert {category for _, category in kinds} == {"wait", "work"}


def test_the_clocks_of_the_processes_agree(flows):
    """What a child did lies between what the main process did before it was sent there, and after it came."""
    checked = 0
    for steps in flows.values():
        parsed = [step for step in steps if step.process.startswith("parser-")]
        queued = [step for step in steps if step.track == "page_queue"]
        handed_on = [step for step in steps if step.track == "finished_queue"]
        [written] = [step for step in steps if step.name == "write a batch"]
        [committed] = [step for step in steps if step.name == "committing"]
        assert written.end <= committed.end
        assert all(step.end <= parsed[0].ns for step in queued)
        for step in (*handed_on, written):
            assert all(each.end <= step.ns for each in parsed)
            checked += len(parsed)
    assert checked > 200


def test_a_file_that_a_kill_cut_off_opens_and_so_does_a_later_one_of_several(
    browser, out, tmp_path, monkeypatch
):
    data = (out / "trace.pftrace").read_bytes()
    with opened(browser, data[: len(data) * 2 // 3 + 7]) as page:
        [[slices]] = page.ask("SELECT count(*) FROM slice")
        assert slices > 300
        assert page.ask(ERRORS) == []
        _, second, _ = write_trace(tmp_path, monkeypatch, 6, files=3)
        page.open(second.read_bytes())
        assert page.ask(ERRORS) == []
        assert page.ask("SELECT DISTINCT trace_id FROM flow ORDER BY 1") == [[2], [3], [4]]
