"""How a trace is shown on terminals of several widths."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from crawler.trace.perfetto_reading import read_trace
from crawler.view.trace.life import life_of
from crawler.view.trace.slowest import by_stages
from crawler.view.trace.tables import show_life, show_overview
from crawler.view.trace.traces import Found
from tests.made_traces import SITE, write_trace


def found_in(paths: list[Path]) -> Found:
    return Found(read_trace(paths), tuple(paths), ())


def overview(found: Found, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    show_overview(found, by_stages(found.trace, 10), console)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_a_wide_terminal_has_a_column_for_each_stage(tmp_path, monkeypatch):
    lines = overview(found_in(write_trace(tmp_path, monkeypatch, 3, retried=2)), 120)
    assert "2 requests at once, 1 × parser as process" in lines[0]
    assert lines[1] == "3 URLs, 3 of them committed; a URL took 0.2 s in the mean"
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
