"""How a trace is shown on terminals of several widths."""

import io
import re
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from rich.console import Console

from crawler.model.errors import OutputError
from crawler.trace.perfetto_reading import read_trace
from crawler.view.trace.life import life_of
from crawler.view.trace.slowest import by_stages
from crawler.view.trace.tables import show_life, show_overview
from crawler.view.trace.traces import Found, trace_in
from crawler.view.trace.words import head
from tests.made_traces import SITE, write_trace


def found_in(paths: list[Path]) -> Found:
    return Found(read_trace(paths), tuple(paths), ())


def life(found: Found, row: int, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    show_life(found, life_of(found.trace, row, f"{SITE}/{row}"), console)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def overview(found: Found, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    show_overview(found, by_stages(found.trace, 10), console)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_a_wide_terminal_has_a_column_for_each_stage(tmp_path, monkeypatch):
    lines = overview(found_in(write_trace(tmp_path, monkeypatch, 3, retried=2)), 120)
    assert "2 requests at once, 1 × parser as process" in lines[0]
    assert lines[1] == "3 URLs, 3 of them committed; a URL took 197.3 ms in the mean"
    [head] = [line for line in lines if line.startswith("total")]
    assert head.split("  ")[-1] == "url"
    slowest = lines[lines.index(head) + 1].split()
    assert slowest[:2] == ["536.0", "502.0"]
    assert slowest[-1] == f"{SITE}/2"


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_narrow_one_has_them_below_the_url(tmp_path, monkeypatch, width):
    lines = overview(found_in(write_trace(tmp_path, monkeypatch, 3)), width)
    below = lines[lines.index("the slowest in all, in milliseconds") :]
    assert all(len(line) <= width for line in below)
    told = " ".join(" ".join(below).split())
    assert "28.0 http://127.0.0.1:8000/3 frontier 1.00, network 5.00, read 2.00, to parser 4.00" in told


def test_what_is_missing_is_said(tmp_path, monkeypatch):
    (path,) = write_trace(tmp_path, monkeypatch, 2)
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"/2") + 60])
    found = found_in([path])
    found.trace.meta["dropped"] = 1_234
    lines = overview(found, 120)
    assert "It is cut off: the crawl still runs, or was killed. What is there is shown." in lines
    assert "It lacks 1,234 events, for which the machine was too slow." in lines
    assert any(line.endswith(f"{SITE}/2 (not committed)") for line in lines)
    path.write_bytes(b"")
    assert overview(found_in([path]), 120)[-1] == "No URL was handed out in it."


def test_a_life_adds_up(tmp_path, monkeypatch):
    found = found_in(write_trace(tmp_path, monkeypatch, 3, retried=2, files=3))
    console = Console(file=io.StringIO(), width=80)
    show_life(found, life_of(found.trace, 2, f"{SITE}/2"), console)
    said = console.file.getvalue()
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert "trace.pftrace: 0.6 s from" in lines[0]
    assert "in 3 files" in lines[0]
    assert "8.00 put off frontier 500.0" in lines
    assert "520.0 parsing parser-0 6.00" in lines
    assert "536.0 all of it 523.0 13.0" in lines
    assert lines[-1] == "It was handed out 2 times."


def test_a_narrow_life_has_all_its_figures(tmp_path, monkeypatch):
    found = found_in(write_trace(tmp_path, monkeypatch, 3, retried=2))
    lines = life(found, 2, 40)
    table = lines[lines.index("   ms  step") :]
    assert all(len(line) <= 40 for line in table[: table.index("")])
    told = " ".join(" ".join(table).split())
    for said in (
        "1.00 wait for the answer fetch-1, waited 5.00",
        "8.00 put off frontier, waited 500.0",
        "520.0 parsing parser-0, worked 6.00",
        "536.0 all of it waited 523.0, worked 13.0",
    ):
        assert said in told


def test_a_trace_that_was_cut_off_before_it_says_the_time_has_no_date(tmp_path, monkeypatch):
    (path,) = write_trace(tmp_path, monkeypatch, 2)
    path.write_bytes(b"")
    found = found_in([path])
    assert overview(found, 120)[0] == "trace.pftrace: 0.0 s"
    assert head(found)["started_at"] is None


def test_other_runs_are_named_with_how_to_read_one(tmp_path, monkeypatch):
    (path,) = write_trace(tmp_path, monkeypatch, 2)
    for number in range(1, 6):
        shutil.copy(path, tmp_path / f"trace-run{number}.pftrace")
    found = trace_in(tmp_path)
    said = (
        "Other runs have traces of their own: trace-run5.pftrace, trace-run4.pftrace, trace-run3.pftrace and"
        f" 2 more; crawler trace {tmp_path}/trace-run5.pftrace reads the first of them."
    )
    assert said in overview(found, 120)
    assert said in life(found, 1, 120)
    told = head(found)
    assert (told["generation"], told["untraced_generation"]) == (1, None)
    assert told["other_runs"] == [str(tmp_path / f"trace-run{number}.pftrace") for number in range(5, 0, -1)]
    earlier = head(trace_in(tmp_path / "trace-run5.pftrace"))
    assert earlier["other_runs"][0] == str(path)
    assert not any("Other runs" in line for line in overview(found_in([path]), 120))


def test_that_the_last_generation_has_no_trace_is_said(tmp_path, monkeypatch):
    write_trace(tmp_path, monkeypatch, 2)
    for name in ("crawl.db", "crawl@2.db"):
        (tmp_path / name).touch()
    found = trace_in(tmp_path)
    assert "Generation 2 has no trace: this one is of generation 1." in overview(found, 120)
    assert head(found)["untraced_generation"] == 2
    assert trace_in(tmp_path, 1).untraced is None, "it was asked for"
    with pytest.raises(OutputError, match="generation 2 has no trace; a crawl that is run"):
        trace_in(tmp_path, 2)


def test_the_time_is_told_as_rfc_3339(tmp_path, monkeypatch):
    found = found_in(write_trace(tmp_path, monkeypatch, 2))
    told = head(found)["started_at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told)
    assert datetime.fromisoformat(told).timestamp() == pytest.approx(found.trace.started_at, abs=0.001)


def test_of_a_crawl_of_nodes_the_folders_with_a_trace_are_named(tmp_path, monkeypatch):
    for name in ("one-1", "two-2", "none-3"):
        (tmp_path / name).mkdir()
    for name in ("one-1", "two-2"):
        write_trace(tmp_path / name, monkeypatch, 2)
    with pytest.raises(OutputError) as caught:
        trace_in(tmp_path)
    named = f"{tmp_path / 'one-1'}, {tmp_path / 'two-2'}"
    assert str(caught.value) == f"{tmp_path} has no trace, its nodes have one each; name one of them: {named}"
