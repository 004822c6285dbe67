"""A whole crawl with every kind of poison page among good ones: each costs what it must, and nothing else."""

import re
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime

import pytest

from crawler.model.outcomes import Outcome
from tests import crawls
from tests.graph_server import graph_site
from tests.stations import poison

PAGES = 400
KINDS = [*poison.DEADLY, *poison.HARMLESS, "print", "log"]
POISON = {20 + 17 * n: name for n, name in enumerate(KINDS)}
"""What the page of this number is; all others are good."""
PATIENCE = 3
"""Seconds for a page: on a busy machine a good one may take more than one, and would be blamed."""


def extract(page):
    """Run in the parse processes: what the page's number says."""
    return poison.do(POISON.get(int(page.title), "good")) or {"n": int(page.title)}


def number(url: str) -> int:
    return int(url.rpartition("/")[2] or 0)


def start_of_an_interpreter() -> float:
    """Seconds: how fast the machine is at this moment."""
    began = time.monotonic()
    for _ in range(3):
        subprocess.run([sys.executable, "-c", "pass"], check=True)
    return (time.monotonic() - began) / 3


@pytest.fixture(scope="module")
def crawled(tmp_path_factory):
    """OUT, how many records there were at which time, how many processes at the end, and the run's end."""
    out = tmp_path_factory.mktemp("poison") / "out"
    written: list[tuple[float, int]] = [(time.time(), 0)]
    processes: list[int] = []
    options = ("--no-progress", "--workers", 2, "--extract", "tests.street.test_poison:extract")
    settings = (f"parse.timeout={PATIENCE}", "parse.max_memory=300000000", "write.batch_interval=0.01")
    with graph_site(PAGES, delay=0.02) as site:
        running = crawls.start(
            "run", site.url, "-o", out, *options, *(part for one in settings for part in ("--set", one))
        )
        path = out / "records.jsonl"
        while running.poll() is None:
            size = path.stat().st_size if path.exists() else 0
            if size != written[-1][1]:
                written.append((time.time(), size))
                processes.append(len(crawls.group_of(running.pid)))
            time.sleep(0.01)
        stdout, stderr = running.communicate(timeout=10)
    crawls.wait_for_empty_group(running.pid, 10)
    return out, written, processes, running.returncode, stdout + stderr


def test_the_crawl_ends_by_itself_with_every_page_recorded_once(crawled):
    out, _, _, code, printed = crawled
    assert code == 0, printed
    found = crawls.urls(out)
    assert sorted(map(number, found)) == list(range(PAGES))
    assert set(found.values()) == {1}
    assert len(printed) < 200_000
    assert (out / "crawl.log").stat().st_size < 200_000


def test_exactly_the_poison_pages_are_blamed_and_told_of(crawled):
    out, *_ = crawled
    for record in crawls.records(out):
        n = number(record.url)
        name = POISON.get(n, "good")
        if name in poison.DEADLY:
            assert (record.outcome, record.kind) == (Outcome.ERROR, poison.DEADLY[name])
            assert re.search(
                f"SIG|exit code|longer than {PATIENCE} s|more than 300000000 bytes", record.message or ""
            )
        elif name in poison.HARMLESS:
            assert (record.outcome, record.extracted) == (Outcome.OK, None)
            assert (record.message or "").startswith(poison.HARMLESS[name])
        else:
            assert (record.outcome, record.message, record.extracted) == (Outcome.OK, None, {"n": n})


def test_the_summary_counts_them(crawled):
    out, *_ = crawled
    found = crawls.summary(out)
    assert found["kinds"] == Counter(poison.DEADLY.values())
    assert (found["ok"], found["error"]) == (PAGES - len(poison.DEADLY), len(poison.DEADLY))
    assert found["parser_restarts"] >= 2 * len(poison.DEADLY)


def test_records_come_again_within_a_second_of_a_death(crawled):
    out, written, _, _, _ = crawled
    deaths = [
        datetime.fromisoformat(line.split(" ", 1)[0]).timestamp()
        for line in (out / "crawl.log").read_text().splitlines()
        if re.search(r"parser-\d \(pid \d+\): ", line)
    ]
    assert len(deaths) >= 2 * len(poison.DEADLY)
    waits = [next((at for at, _ in written if at > death), death) - death for death in deaths]
    # A second is 25 starts of an interpreter; where these take longer, the machine is busy with other things.
    assert sorted(waits)[len(waits) // 2] < max(1.0, 25 * start_of_an_interpreter()), waits


def test_there_are_as_many_processes_afterwards_as_before(crawled):
    _, _, processes, _, _ = crawled
    # Main process, fork server, resource tracker, two parsers, a writer.
    assert processes[-1] <= 6
    assert max(processes) <= 6
