"""Killed at any moment, a crawl goes on and ends with every page recorded exactly once."""

import asyncio
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from crawler.model.outcomes import Purpose
from tests import crawls
from tests.graph_server import GraphSite, graph_site
from tests.stations import archives
from tests.stations.fetch_servers import Served, byte_server, ok

PAGES = 200
IN_FLIGHT = 8
OPTIONS = ("--no-progress", "--sink", "jsonl", "--sink", "sqlite", "--concurrency", IN_FLIGHT, "--workers", 2)
FACTS = ("--sink", "facts")
WARC = ("--sink", "warc", "--set", "warc.part_bytes=20000")


def judge(out: Path, site: GraphSite) -> None:
    """Every page is in every sink once, in the same order, and everything is whole."""
    recorded = crawls.urls(out)
    assert set(recorded) == site.urls
    assert set(recorded.values()) == {1}
    assert crawls.rows(out) == [record.url for record in crawls.records(out)]
    if (out / "facts.db").exists():
        answers = crawls.answers(out)
        assert [url for url, purpose in answers if purpose == Purpose.PAGE] == crawls.rows(out)
        assert len(set(answers)) == len(answers) > PAGES
    if (out / "archive").exists():
        assert archives.urls(out / "archive") == crawls.rows(out)
    crawls.integrity(out)
    found = crawls.summary(out)
    assert (found["ok"], found["pending"], found["state"]) == (PAGES, 0, "finished")


def resume(out: Path) -> None:
    done = crawls.crawl("resume", out)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("seed", "more"), [(0, ()), (1, FACTS), (2, WARC)])
def test_kill_minus_nine_of_the_whole_group(tmp_path, seed, more):
    chance = random.Random(seed)
    out = tmp_path / "out"
    with graph_site(PAGES, delay=0.01) as site:
        running = crawls.start("run", site.url, "-o", out, *OPTIONS, *more)
        crawls.wait_for_records(out)
        time.sleep(chance.random() * 0.3)
        crawls.kill_group(running.pid)
        running.communicate()
        crawls.wait_for_empty_group(running.pid, 5)
        resume(out)
        judge(out, site)
        asked = site.asked()
    again = sum(n - 1 for url, n in asked.items() if url in site.urls)
    # In flight at the kill: what was being fetched, and what was read and not yet committed.
    assert again <= PAGES / 2


def test_kill_of_the_main_process_alone_leaves_no_child(tmp_path):
    """Would catch a child that lives on (its group never empties), and a record lost or written twice."""
    out = tmp_path / "out"
    with graph_site(PAGES, delay=0.01) as site:
        running = crawls.start("run", site.url, "-o", out, *OPTIONS)
        crawls.wait_for_records(out)
        running.kill()
        crawls.wait_for_empty_group(running.pid, 5)
        running.communicate()
        resume(out)
        judge(out, site)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_finishes_what_is_in_flight_and_says_how_to_go_on(tmp_path, number):
    out = tmp_path / "out"
    with graph_site(PAGES, delay=0.02) as site:
        running = crawls.start("run", site.url, "-o", out, *OPTIONS)
        crawls.wait_for_records(out)
        # To the whole group, as a terminal does.
        os.killpg(running.pid, number)
        stdout, stderr = running.communicate(timeout=20)
        assert running.returncode == 130, stderr
        assert f"crawler resume {out}" in stdout + stderr
        assert "Traceback" not in stderr
        assert "leaked" not in stderr  # as multiprocessing says of semaphores
        crawls.wait_for_empty_group(running.pid, 5)
        stopped = crawls.summary(out)
        assert stopped["state"] == "stopped"
        assert 0 < stopped["ok"] < PAGES
        resume(out)
        judge(out, site)
        # Nothing was fetched twice: what was in flight was finished and saved.
        assert {n for url, n in site.asked().items() if url in site.urls} == {1}


def test_with_nohup_the_terminal_may_go(tmp_path):
    out = tmp_path / "out"
    with graph_site(PAGES, delay=0.02) as site:
        running = subprocess.Popen(
            ["nohup", *crawls.command("run", site.url, "-o", out, *OPTIONS)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
            start_new_session=True,
        )  # fmt: skip
        crawls.wait_for_records(out)
        for _ in range(3):
            os.killpg(running.pid, signal.SIGHUP)
            time.sleep(0.05)
        _, stderr = running.communicate(timeout=40)
        assert running.returncode == 0, stderr
        judge(out, site)
        crawls.wait_for_empty_group(running.pid, 5)


async def test_a_second_ctrl_c_stops_at_once(tmp_path):
    async def only_the_first_page(_served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        if head.split()[1] == "/page":
            await asyncio.Event().wait()
        writer.write(ok(b'<a href="/page">'))

    def stop_twice(url: str) -> None:
        out = tmp_path / "out"
        running = crawls.start("run", url, "-o", out, *OPTIONS, "--ignore-robots")
        crawls.wait_for_records(out)
        running.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert running.poll() is None, "the first one waits for what is in flight, which never ends here"
        running.send_signal(signal.SIGINT)
        # Before any time-out of the page in flight.
        _, stderr = running.communicate(timeout=20)
        assert running.returncode == 130, stderr
        assert "Traceback" not in stderr
        crawls.wait_for_empty_group(running.pid, 5)

    async with byte_server(only_the_first_page) as served:
        await asyncio.to_thread(stop_twice, f"{served.url}/")


SLOW_NAMES = """
import pathlib, socket, time
def hang(*_, **__):
    pathlib.Path({noted!r}).touch()
    time.sleep(60)
socket.getaddrinfo = hang
"""


@pytest.mark.parametrize("backend", ["aiohttp", "httpx"])
def test_a_second_ctrl_c_does_not_wait_for_a_look_up_that_hangs(tmp_path, monkeypatch, backend):
    noted = tmp_path / "asked"
    (tmp_path / "sitecustomize.py").write_text(SLOW_NAMES.format(noted=str(noted)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    options = ("--set", f"fetch.backend={backend}", "--set", "fetch.connect_timeout=none")
    running = crawls.start("run", "http://slow.test/", "-o", tmp_path / "out", *OPTIONS, *options)
    until = time.monotonic() + 20
    while not noted.exists():
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert running.poll() is None
    running.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, stderr = running.communicate(timeout=30)
    assert time.monotonic() - began < 5
    assert running.returncode == 130, stderr
    assert "Traceback" not in stderr
    crawls.wait_for_empty_group(running.pid, 5)


def test_a_killed_parser_or_writer_is_replaced_while_the_crawl_runs(tmp_path):
    chance = random.Random(1)
    out = tmp_path / "out"
    with graph_site(PAGES, delay=0.02) as site:
        running = crawls.start("run", site.url, "-o", out, *OPTIONS, *FACTS)
        crawls.wait_for_records(out)
        for _ in range(4):
            time.sleep(0.1)
            victims = [pid for pid in crawls.group_of(running.pid) if _is_worker(pid)]
            if victims:
                os.kill(chance.choice(victims), signal.SIGKILL)
        _, stderr = running.communicate(timeout=40)
        assert running.returncode == 0, stderr
        judge(out, site)
        assert {n for url, n in site.asked().items() if url in site.urls} == {1}


def _is_worker(pid: int) -> bool:
    """True for a child of the fork server: a parser or a writer."""
    try:
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        return b"forkserver" in Path(f"/proc/{parent}/cmdline").read_bytes()
    except OSError:
        return False
