"""``crawler status``: its ways to look at a crawl, on real folders."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from crawler.cli.app import main
from crawler.frontier.state_thread import CrawlState
from crawler.watch import watching
from crawler.watch.history import History, history_of
from tests.watch.pictures import picture


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A crawl that was killed: there is no process of that number."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    state = CrawlState(tmp_path)
    state.note({"state": "running", "pid": str(child.pid), "settings": json.dumps({"out": str(tmp_path)})})
    state.close()
    return tmp_path


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--watch", "--hosts"], "--watch and --hosts are two ways to look at a crawl: give one of them"),
        (["--open", "--watch=2"], "--open and --watch are two ways"),
        (["--open", "--errors"], "--open and --errors are two ways"),
        (["--open", "--json"], "--open shows a page: leave out --json"),
        (["--no-browser"], "--no-browser is for --open"),
        (["--watch", "0.01"], "not in the range"),
        (["--watch=soon"], "'soon' is not a valid number of seconds from 0.1 to 3600"),
        (["--open", "65536"], "not in the range"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    options: list[str], words: str, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", str(out), *options]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("order", ["before", "after"])
def test_a_dead_crawl_is_shown_once(order: str, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--watch OUT`` is no number of seconds."""
    words = ["--watch", str(out)] if order == "before" else [str(out), "--watch"]
    assert main(["status", *words]) == 0
    assert capsys.readouterr().out.startswith("crawl dead: it ended without saying so")
    assert main(["status", *words, "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["state"] == "dead"


def test_leaving_a_crawl_that_goes_on_is_no_error(
    out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    state = CrawlState(out)
    state.note({"pid": str(os.getpid())})
    state.close()

    looks = iter([watching.look])

    def once(*of: Any) -> watching.Seen:
        for look in looks:
            return look(*of)
        raise KeyboardInterrupt

    monkeypatch.setattr(watching, "look", once)
    assert main(["status", str(out), "--watch", "0.1"]) == 0
    assert capsys.readouterr().out == "nothing to show yet\n"


def test_a_port_that_is_taken_is_said(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["status", str(out), "--open", str(port), "--no-browser"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"crawler: {out} has no history of its time: its last picture is all there is",
        f"crawler: port {port} of 127.0.0.1 is in use: name another one"
        " (--open PORT; without PORT, any free one)",
    ]


@pytest.mark.parametrize("options", [[], ["--no-browser"]])
def test_a_crawl_that_has_a_live_page_is_looked_at_there(
    options: list[str], out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    state = CrawlState(out)
    state.note({"pid": str(os.getpid())})
    state.close()
    History(history_of(out, 1)).add(picture(0.0, page="http://127.0.0.1:8080/"))
    shown: list[str] = []
    monkeypatch.setattr("crawler.view.live.history_server.show_in_browser", shown.append)
    assert main(["status", str(out), "--open", *options]) == 0
    assert capsys.readouterr().out == f"{out} is being crawled, and has a live page: http://127.0.0.1:8080/\n"
    assert shown == ([] if options else ["http://127.0.0.1:8080/"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_page_of_a_dead_crawl_until_ctrl_c(number: signal.Signals, out: Path) -> None:
    history = History(history_of(out, 1))
    for second in range(3):
        history.add(picture(second))
    opened = subprocess.Popen(
        [sys.executable, "-m", "crawler", "status", str(out), "--open", "--no-browser"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    with opened:
        assert opened.stdout is not None
        line = opened.stdout.readline()
        url = line.split()[0]
        assert line == f"{url} shows {out}; end with Ctrl-C\n"
        with urllib.request.urlopen(f"{url}history", timeout=20) as answer:
            pictures = json.load(answer)["pictures"]
        opened.send_signal(number)
        begun = time.monotonic()
        _, errors = opened.communicate(timeout=20)
    assert [shown["state"] for shown in pictures] == ["running", "running", "dead"]
    assert (opened.returncode, errors) == (0, "")
    assert time.monotonic() - begun < 10
