"""Ctrl-C in the first moments of a crawl: it stops, says how to go on, and does go on."""

import os
import random
import re
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from crawler import Config
from crawler.engine.crawl import crawl_to_end
from tests import crawls
from tests.graph_server import graph_site


def state(out: Path) -> str | None:
    """What crawl.db says of the crawl; None before it says anything."""
    try:
        with sqlite3.connect(f"file:{out / 'crawl.db'}?mode=ro", uri=True) as db:
            row = db.execute("SELECT value FROM meta WHERE key = 'state'").fetchone()
        db.close()
    except sqlite3.Error:
        return None
    return row[0] if row else None


SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.mark.parametrize("seed", range(6))
def test_a_crawl_that_is_stopped_as_it_starts_goes_on(tmp_path, seed):
    out = tmp_path / "out"
    with graph_site(200, delay=0.02) as site:
        # One page after the other: it cannot come to its end before the signal, however busy the machine is.
        running = crawls.start("run", site.url, "-o", out, "--no-progress", "--per-host", 1)
        while state(out) != "running" and running.poll() is None:
            time.sleep(0.001)
        time.sleep(random.Random(seed).random() * 0.15)
        os.killpg(running.pid, SIGNALS[seed % 3])
        stdout, stderr = running.communicate(timeout=20)
        assert running.returncode == 130, stderr
        assert "Traceback" not in stderr
        assert f"crawler resume {out}" in stdout + stderr
        crawls.wait_for_empty_group(running.pid, 5)
        assert state(out) == "stopped"
        assert crawls.crawl("resume", out, "--per-host", 32).returncode == 0
        assert set(crawls.urls(out)) == site.urls
        assert set(crawls.urls(out).values()) == {1}


@pytest.mark.parametrize(
    "where", ["crawler.frontier.state_thread.CrawlState.sync", "crawler.engine.lifecycle.Opened"]
)
def test_an_interrupt_while_crawl_db_is_opened_leaves_a_crawl_that_is_stopped(tmp_path, monkeypatch, where):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "out"
    with monkeypatch.context() as patch, graph_site(3) as site:
        patch.setattr(where, interrupted)
        report = crawl_to_end(Config(seeds=[site.url], out=out))
        assert (report.state, report.exit_code) == ("stopped", 130)
        begun = where.endswith("sync")
        assert state(out) == ("stopped" if begun else None)
        assert (report.message or "").endswith(f"crawler resume {out}" if begun else "before it began")


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_children_never_see_the_terminal_s_signals(tmp_path, method):
    """Not even while they start: the two are blocked in them, and in the fork server, from birth."""
    with graph_site(200, delay=0.05) as site:
        running = crawls.start(
            "run", site.url, "-o", tmp_path, "--no-progress", "--set", f"processes.start_method={method}"
        )
        try:
            crawls.wait_for_records(tmp_path)
            for pid in crawls.group_of(running.pid):
                command = Path(f"/proc/{pid}/cmdline").read_bytes()
                if pid == running.pid:
                    continue
                blocked = re.search(r"SigBlk:\s+(\w+)", Path(f"/proc/{pid}/status").read_text())
                assert blocked is not None
                mask = int(blocked[1], 16)
                if b"resource_tracker" in command:  # it ignores the other two
                    assert mask >> (signal.SIGHUP - 1) & 1
                    continue
                for number in SIGNALS:
                    assert mask >> (number - 1) & 1, command
        finally:
            running.kill()
            running.communicate()
            crawls.kill_for_good(running.pid, tmp_path)
