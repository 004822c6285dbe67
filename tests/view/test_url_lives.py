"""From a trace to a URL's stages, its life, and the slowest of all."""

import pytest

from crawler.model.errors import UsageError
from crawler.trace.perfetto_reading import read_trace
from crawler.view.trace.finding import find_url, nearest
from crawler.view.trace.life import life_of
from crawler.view.trace.slowest import by_stages
from crawler.view.trace.stages import Part, Stage, by_stage, lives
from tests.made_traces import SITE, write_trace


@pytest.fixture
def trace(tmp_path, monkeypatch):
    """Of four URLs, the third of which was asked for twice."""
    return read_trace(write_trace(tmp_path, monkeypatch, 4, retried=3))


def milliseconds(stages: dict[Stage, float]) -> dict[str, float]:
    return {stage.value: round(seconds * 1000, 3) for stage, seconds in stages.items() if seconds}


PLAIN = {
    "frontier": 1, "network": 5, "read": 2, "to parser": 4, "parse": 6, "to writer": 4, "write": 3,
    "commit": 3,
}  # fmt: skip


def test_every_moment_of_a_url_is_at_one_stage(trace):
    found = {life.id: life for life in lives(trace)}
    assert set(found) == {1, 2, 3, 4}
    for life in found.values():
        assert life.is_committed
        assert sum(life.stages.values()) == pytest.approx(life.seconds)
    assert milliseconds(found[1].stages) == pytest.approx(PLAIN)
    twice = PLAIN | {"frontier": 502, "network": 10, "read": 4}
    assert milliseconds(found[3].stages) == pytest.approx(twice)


def test_where_stages_overlap_the_furthest_counts_and_what_is_before_goes_on_after():
    parts = [
        Part(0.0, 10.0, Stage.TO_WRITER),
        Part(2.0, 4.0, Stage.WRITE),
        Part(3.0, 5.0, Stage.WRITE),
        Part(12.0, 13.0, Stage.COMMIT),
    ]
    expected = {Stage.TO_WRITER: 7.0, Stage.WRITE: 3.0, Stage.COMMIT: 3.0}
    assert {stage: seconds for stage, seconds in by_stage(parts).items() if seconds} == expected


def test_a_life_is_told_step_by_step(trace):
    life = life_of(trace, 3, f"{SITE}/3")
    assert [(step.step, step.who, round(step.seconds * 1000), step.waits) for step in life.steps] == [
        ("lease", "lease", 0, False),
        ("wait for the answer", "fetch-0", 5, True),
        ("read", "fetch-0", 2, False),
        ("put off", "frontier", 500, True),
        ("lease", "lease", 0, False),
        ("wait for the answer", "fetch-1", 5, True),
        ("read", "fetch-1", 2, False),
        ("waiting", "page_queue", 3, True),
        ("parsing", "parser-0", 6, False),
        ("waiting", "finished_queue", 1, True),
        ("write a batch", "writer-jsonl", 1, False),
        ("syncing", "writer-jsonl", 2, False),
        ("committing", "commit", 3, True),
    ]
    assert (life.attempts, life.is_committed) == (2, True)
    assert life.worked == pytest.approx(0.013)
    assert life.waited + life.worked == pytest.approx(life.seconds)
    assert sum(life.stages.values()) == pytest.approx(life.seconds)


def test_one_that_was_not_committed_is_told_as_far_as_it_came(tmp_path, monkeypatch):
    (path,) = write_trace(tmp_path, monkeypatch, 2)
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"/2") + 60])
    trace = read_trace([path])
    found = {life.id: life for life in lives(trace)}
    assert (found[1].is_committed, found[2].is_committed) == (True, False)
    assert not life_of(trace, 2, f"{SITE}/2").is_committed


def test_the_slowest_come_first_in_all_or_at_one_stage(trace):
    overview = by_stages(trace, 2)
    first, second = overview.slowest
    assert first.id == 3
    assert second.seconds < first.seconds
    assert (overview.urls, overview.committed) == (4, 4)
    assert overview.stages[Stage.PARSE].seconds == pytest.approx(0.024)
    assert overview.stages[Stage.FRONTIER].longest == pytest.approx(0.502)
    assert overview.urls_of[3] == f"{SITE}/3"
    assert [life.id for life in by_stages(trace, 1, "network").slowest] == [3]
    assert by_stages(trace, 0).slowest == []
    with pytest.raises(UsageError, match="no such stage; allowed: total, frontier, turn"):
        by_stages(trace, 1, "parsing")


def test_a_url_is_found_as_typed_or_as_the_crawl_writes_it(trace):
    assert find_url(trace, f"{SITE}/2") == (2, f"{SITE}/2")
    assert find_url(trace, "HTTP://127.0.0.1:8000/x/../2#top") == (2, f"{SITE}/2")


def test_a_login_counts_for_nothing_and_is_never_said(trace):
    assert find_url(trace, "http://user:secret@127.0.0.1:8000/2") == (2, f"{SITE}/2")
    with pytest.raises(UsageError, match="/none is not in this trace") as caught:
        find_url(trace, "http://user:secret@127.0.0.1:8000/none")
    assert "secret" not in str(caught.value)
    assert "user" not in str(caught.value)


@pytest.mark.parametrize("text", ["user:secret@h/", "ftp://user:secret@h/", "http://user:secret@h:x/"])
def test_nor_where_it_is_no_url(trace, text):
    with pytest.raises(UsageError, match=r"\*\*\*@h.* is not an absolute http:// or https:// URL$") as caught:
        find_url(trace, text)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "nonsense", "ftp://127.0.0.1/", "http://"])
def test_what_is_no_url_is_refused(trace, text):
    with pytest.raises(UsageError, match=r"^--url: .* is not an absolute http:// or https:// URL$"):
        find_url(trace, text)


def test_of_one_that_is_not_there_the_nearest_are_told(trace, tmp_path):
    with pytest.raises(UsageError, match=r"nearest that are: http://127\.0\.0\.1:8000/1, ") as caught:
        find_url(trace, f"{SITE}/1x")
    assert "other runs" not in str(caught.value)
    other = tmp_path / "trace-run1.pftrace"
    with pytest.raises(UsageError, match=r"traces of their own: .*trace-run1.pftrace"):
        find_url(trace, f"{SITE}/1x", (other,))


def test_the_nearest_of_very_many_is_found_by_begin_and_end():
    urls = [f"https://example.com/shelf/{number % 97}/book-{number}.html" for number in range(20_000)]
    assert nearest("https://example.com/shelf/17/book-4091.htm", urls)[0] == urls[4091]
    assert nearest("https://exmaple.com/shelf/17/book-4091.html", urls)[0] == urls[4091]
    assert nearest("x", ["y", "y"]) == ["y"]
    assert nearest("x", []) == []
