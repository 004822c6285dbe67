"""What limits a crawl: each verdict on a crawl that was made to be limited by it, and how it is told."""

import io
import json
from typing import Any

import pytest
from rich.console import Console

from crawler.model.outcomes import Activity
from crawler.trace.recorded import Model, Slice, Trace, Track
from crawler.view.why import tables as why_view
from crawler.view.why import words as why_words
from crawler.view.why.verdict import Why, as_dict, why
from tests.view.made_trace import config, made_trace

LIMITED: dict[str, dict[str, Any]] = {
    "network": {"network": 0.05, "at_once": 8},
    "parsers": {"network": 0.002, "parse": 0.01},
    "loop": {"network": 0.004, "at_once": 4, "loop": 0.0009, "parse": 0.0001, "urls": 2000},
    "disk": {"network": 0.002, "write": 0.01},
    "links": {"network": 0.02, "chain": True},
    "cores": {"network": 0.01, "parsers": 2, "parse": 0.0014, "loop": 0.0007, "urls": 2000},
}


def judge(*, per_host: int | None = None, **made: Any) -> Why:
    trace, named_by = made_trace(**made)
    limits = {"delay": made.get("delay", 0.0)} | ({"per_host": per_host} if per_host else {})
    return why(trace, config(**limits), named_by)


@pytest.mark.parametrize("limit", LIMITED)
def test_what_limits_a_crawl_is_named(limit: str) -> None:
    judgement = judge(**LIMITED[limit])
    assert (judgement.limit, judgement.is_clear) == (limit, True), judgement
    subject = {"links": "site", "cores": "machine", "loop": "event loop of the main process"}.get(
        limit, limit
    )
    assert why_words.headline(judgement).startswith(f"The {subject} limit")


def test_politeness_limits_a_crawl_that_waits_for_its_hosts() -> None:
    judgement = judge(network=0.01, delay=0.02)
    assert judgement.limit == "politeness"
    assert judgement.turns.kept_back > 0.9
    assert speed(judgement, "without the delay") > 10
    assert speed(judgement, "16 at once") == pytest.approx(1.0, abs=0.02)


def test_a_host_that_is_asked_once_at_a_time_is_politeness_too() -> None:
    trace, named_by = made_trace(network=0.02, delay=0.02, at_once=8)  # one after the other
    judgement = why(trace, config(per_host=1, delay=0.0), named_by)
    assert judgement.limit == "politeness"
    assert speed(judgement, "2 at once to each host") == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize("made", [{"urls": 20}, {"urls": 200, "network": 0.001, "at_once": 32}])
def test_a_crawl_that_is_too_short_has_no_verdict(made: dict[str, Any]) -> None:
    judgement = judge(**made)
    assert (judgement.limit, judgement.changes, judgement.fits) == ("too short", [], None)
    assert "too short to say" in printed(judgement)


def test_a_trace_that_was_cut_off_before_the_first_answer_has_no_verdict() -> None:
    trace = Trace(0.0, 0.5, True, {"cores": 2}, {}, lambda: iter(()), lambda rows: {}, {})
    judgement = why(trace, config(), {})
    assert judgement.limit == "too short"
    assert "0 URLs" in printed(judgement)


def test_a_trace_that_does_not_tell_the_loops_time_is_judged_by_the_rest() -> None:
    trace, named_by = made_trace(network=0.05)
    trace.meta = {key: value for key, value in trace.meta.items() if key != "loop_cpu_seconds"}
    assert why(trace, config(), named_by).limit == "network"


def test_without_crawl_db_every_url_counts_as_known_from_the_beginning() -> None:
    trace, _ = made_trace(network=0.02, chain=True)
    judgement = why(trace, config(), {})
    assert judgement.turns.nothing_known < 0.1 < judgement.turns.kept_back
    assert not judgement.is_clear


@pytest.mark.parametrize(
    ("made", "name", "expected"),
    [
        (LIMITED["parsers"], "2 parsers", 2.0),
        (LIMITED["parsers"], "16 at once", 1.0),
        (LIMITED["network"], "32 at once", 4.0),
        (LIMITED["network"], "2 parsers", 1.0),
        (LIMITED["links"], "32 at once", 1.0),
        (LIMITED["loop"], "2 parsers", 1.0),
        (LIMITED["disk"], "a disk that costs nothing", 9.4),
    ],
)
def test_what_would_change_it(made: dict[str, Any], name: str, expected: float) -> None:
    judgement = judge(**made)
    assert judgement.fits == pytest.approx(1.0, abs=0.1)
    assert speed(judgement, name) == pytest.approx(expected, rel=0.12)


def test_more_parsers_than_cores_are_marked_as_extrapolated() -> None:
    judgement = judge(**LIMITED["parsers"])
    marked = {change.name for change in judgement.changes if change.extrapolated}
    assert marked == {"4 parsers", "4 cores, 4 parsers"}
    words = printed(judgement)
    assert "2 parsers: 1.9 ×" in words
    assert "4 parsers: 1.9 ×*" in words
    assert "* extrapolated: it cannot be run on this machine, which has 2 cores." in words


def test_where_parsers_are_threads_nobody_is_told_to_take_more_of_them() -> None:
    judgement = judge(**LIMITED["parsers"], executor="thread")
    assert not [change.name for change in judgement.changes if change.name.endswith("parsers")]


def test_fetchers_that_wait_for_a_parser_count_for_the_parsers() -> None:
    trace, named_by = made_trace(network=0.05)
    waits = [Slice(number, Activity.WAIT_FOR_PARSER, 0.0, trace.seconds, waits=True) for number in range(4)]
    slices = [*trace.slices(), *waits]
    trace.slices = lambda: iter(slices)
    judgement = why(trace, config(), named_by)
    assert judgement.limit == "parsers"
    assert judgement.held_by_parsers == pytest.approx(0.5, abs=0.01)


def test_where_urls_wait_is_told() -> None:
    trace, named_by = made_trace(network=0.05)
    trace.tracks = {**trace.tracks, 99: Track(99, "page_queue", Model.QUEUE, "main", 1)}
    slices = [*trace.slices(), Slice(99, "waiting", 0.0, 2.0, waits=True, urls=(1,))]
    trace.slices = lambda: iter(slices)
    assert "page queue 5 ms" in printed(why(trace, config(), named_by))


def test_a_replay_that_misses_what_it_was_set_right_with_says_so() -> None:
    judgement = judge(network=0.05)
    assert "doubtful" not in printed(judgement)
    judgement.fits = 0.5
    assert "doubtful" in printed(judgement)


def test_where_nothing_stands_out_the_busiest_is_named() -> None:
    judgement = judge(network=0.01, parsers=2, cores=4, parse=0.0005, loop=0.0008, urls=2000)
    assert (judgement.limit, judgement.is_clear) == ("loop", False)
    assert why_words.headline(judgement).startswith(
        "Nothing alone limits this crawl; the event loop is busiest"
    )


def test_what_would_help_most_is_something_that_can_be_done() -> None:
    judgement = judge(**LIMITED["links"])
    assert why_words.best(judgement) == "None of these settings would make it faster on this machine."
    assert (
        why_words.best(judge(**LIMITED["network"]))
        == "What would help most here: 32 at once, 3.6 times as fast."
    )


def test_as_json() -> None:
    judgement = judge(**LIMITED["parsers"])
    found = json.loads(json.dumps(as_dict(judgement)))
    assert found["limit"] == "parsers"
    assert {"name": "2 parsers", "speed": speed(judgement, "2 parsers"), "extrapolated": False} in found[
        "changes"
    ]
    assert set(found["turns"]) == {
        "taken", "held", "kept_back", "resting", "behind", "again", "nothing_known",
    }  # fmt: skip
    assert found["is_doubtful"] is False


def speed(judgement: Why, name: str) -> float:
    """What a change is predicted to do."""
    return next(change for change in judgement.changes if change.name == name).speed


def printed(judgement: Why) -> str:
    """What is printed of it."""
    console = Console(file=io.StringIO(), width=1_000)
    why_view.show(judgement, console)
    return console.file.getvalue()  # type: ignore[attr-defined]
