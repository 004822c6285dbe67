import io
import json
import os
import sys

import pytest
from rich.console import Console

from crawler.watch.picture import as_dict
from crawler.watch.progress_line import plain_line
from crawler.watch.watching import look, watch

from .pictures import AT, busy, picture
from .screens import Screen


class Crawl:
    """What its crawl.db says, a second later at each look; it has ended when there are no more pictures."""

    def __init__(self, *pictures, state="finished", pid=None):
        self._pictures, self._state, self._pid = list(pictures), state, pid or os.getpid()
        self.seconds, self.slept = 0.0, []

    def meta(self):
        is_over = self.seconds >= len(self._pictures) - 1
        return {"pid": str(self._pid), "state": self._state if is_over else "running"}

    def live(self):
        shown = self._pictures[min(int(self.seconds), len(self._pictures) - 1)]
        return as_dict(shown) if shown is not None else None

    def clock(self):
        return AT + self.seconds

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.seconds += 1.0


def watched(crawl, interval=1.0, console=None, **more):
    console = console or Console(file=io.StringIO())
    watch(crawl, interval, console=console, clock=crawl.clock, sleep=crawl.sleep, **more)
    return console.file.getvalue()


def test_one_line_for_each_look_until_it_has_ended():
    pictures = [picture(second, done=10 * second + 10) for second in range(4)]
    crawl = Crawl(*pictures)
    assert watched(crawl, 2.5).splitlines() == [plain_line(shown) for shown in pictures[:3]]
    assert crawl.slept == [2.5] * 3


def test_json_has_one_object_a_line_and_the_last_says_how_it_ended():
    last = picture(2.0, done=100, state="stopped", message="stopped; to go on: crawler resume out")
    paused = picture(1.0, state="paused", message="limits.memory")
    lines = watched(Crawl(picture(0.0), paused, last, state="stopped"), json=True).splitlines()
    first, second, third = map(json.loads, lines)
    as_it_was = json.loads(json.dumps(as_dict(picture(0.0))))
    assert first == as_it_was | {"alive": True, "silent_seconds": 0.0, "pid": os.getpid()}
    assert (second["state"], second["message"], second["alive"]) == ("paused", "limits.memory", True)
    assert (third["state"], third["alive"], third["counts"]["pending"]) == ("stopped", False, 0)


def test_a_crawl_that_is_over_is_looked_at_once():
    crawl = Crawl(picture(0.0, state="finished"))
    assert watched(crawl) == ""
    assert json.loads(watched(crawl, json=True))["state"] == "finished"
    assert crawl.slept == []


def test_a_crawl_that_has_written_nothing_yet_is_waited_for():
    crawl = Crawl(None, picture(1.0), picture(2.0))
    assert watched(crawl).splitlines() == ["nothing to show yet", plain_line(picture(1.0))]
    assert json.loads(watched(Crawl(None, None), json=True).splitlines()[0])["state"] == "running"


def test_a_picture_of_another_version_is_none():
    class Older(Crawl):
        def live(self):
            return {"pid": os.getpid(), "at": AT, "steps": [], "queues": [], "pages_per_second": 1.0}

    assert look(Older(picture()), AT).picture is None
    assert watched(Older(picture(), picture())) == "nothing to show yet\n"


def test_a_silent_crawl_is_told_with_how_long():
    first = picture(-30.0)
    text = watched(Crawl(first, first))
    assert text == (
        f"pid {os.getpid()} lives but has said nothing for 30 s; before that: {plain_line(first)}\n"
    )
    seen = json.loads(watched(Crawl(first, first), json=True).splitlines()[0])
    assert (seen["state"], seen["silent_seconds"]) == ("silent", 30.0)


@pytest.mark.parametrize("at", [1.0, -30.0])
def test_on_a_terminal_it_is_the_display_and_nothing_of_it_is_left(at):
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=100, height=40, _environ={"TERM": "xterm"})
    shown = busy(at=AT + at, state="paused", message="limits.memory")
    watched(Crawl(shown, shown), console=console)
    assert "34,234" in file.getvalue()
    assert "paused: limits.memory" in file.getvalue()
    assert ("has said nothing for" in file.getvalue()) is (at < 0)
    screen = Screen(40).feed(file.getvalue())
    assert not [line for line in screen.text() if line.strip()]
    assert screen.cursor_shown


@pytest.mark.parametrize(("term", "is_drawn"), [("dumb", False), ("", False), ("xterm", True)])
def test_a_terminal_on_which_nothing_can_be_drawn_gets_lines(monkeypatch, term, is_drawn):
    crawl = Crawl(picture(0.0), picture(1.0))
    ours, its = os.openpty()
    monkeypatch.setenv("TERM", term)
    with os.fdopen(its, "w") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        watch(crawl, 1.0, clock=crawl.clock, sleep=crawl.sleep)
        terminal.flush()
        text = os.read(ours, 65536).decode()
    os.close(ours)
    assert (plain_line(picture(0.0)) in text.splitlines()) is not is_drawn
    assert ("\x1b" in text) is is_drawn


def test_an_interrupt_gives_the_terminal_back():
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=100, height=40, _environ={"TERM": "xterm"})
    crawl = Crawl(busy(), busy())

    def interrupted(_):
        raise KeyboardInterrupt

    crawl.sleep = interrupted
    with pytest.raises(KeyboardInterrupt):
        watched(crawl, console=console)
    assert Screen(40).feed(file.getvalue()).cursor_shown
