"""What limits a crawl that waits for other attempts, for a host that rests, or for its live page."""

import pytest
from msgspec.structs import replace

from crawler.model.outcomes import Activity
from crawler.model.rows import FirstNamed
from crawler.trace.recorded import Slice, Trace
from crawler.view.why.verdict import as_dict, why
from tests.view.made_trace import ORIGIN, config, made_trace
from tests.view.test_why import printed, speed


def with_attempts(
    rows: int, *ends: float, resting: tuple[float, float] | None = None
) -> tuple[Trace, dict[int, FirstNamed]]:
    """The last ``rows`` URLs are tried again so many seconds after all else ended, and in vain.

    ``resting``: when nothing more is asked for, and for how many seconds.
    """
    trace, named_by = made_trace(network=0.01)
    slices, last = list(trace.slices()), trace.seconds
    slices += [
        Slice(0, Activity.WAIT_FOR_ANSWER, last + after - 0.01, last + after, True, (row,))
        for row in range(len(named_by) - rows + 1, len(named_by) + 1)
        for after in ends
    ]
    if resting is not None:
        at, pause = resting
        slices = [
            replace(piece, begin=piece.begin + pause, end=piece.end + pause) if piece.begin > at else piece
            for piece in slices
        ]
    commit = next(number for number, track in trace.tracks.items() if track.name == "commit")
    end = max(piece.end for piece in slices)
    slices.append(Slice(commit, Activity.COMMIT, end, end + 0.001, True, (len(named_by),)))
    trace.slices = lambda: iter(slices)
    return trace, named_by


def test_one_url_that_is_tried_again_is_no_politeness() -> None:
    trace, named_by = with_attempts(1, 1.0, 3.0)
    judgement = why(trace, config(), named_by)
    assert (judgement.limit, judgement.is_clear, judgement.has_limits) == ("again", True, False)
    assert judgement.turns.again > 0.8
    assert judgement.turns.kept_back < 0.2
    (again,) = as_dict(judgement)["again"]
    assert (again["url"], again["attempts"]) == (f"{ORIGIN}/400", 3)
    assert again["seconds"] == pytest.approx(3.0, abs=0.1)
    words = printed(judgement)
    assert words.startswith("Waiting to try again limits this crawl: for 8")
    assert "the next attempt of 1 URL, since nothing else was left (8" in words
    assert f"{ORIGIN}/400 for 3.0 s, 3 attempts." in words
    assert "What would help: --retries 0" in words
    assert "fetch.backoff" in words
    assert "doubtful" in words, "the replay knows nothing of attempts"


def test_an_attempt_that_other_urls_outlast_does_not_limit() -> None:
    trace, named_by = made_trace(network=0.02, chain=True, urls=100)
    slices = [*trace.slices(), Slice(1, Activity.WAIT_FOR_ANSWER, 1.5, 1.52, True, (2,))]
    trace.slices = lambda: iter(slices)
    judgement = why(trace, config(), named_by)
    assert (judgement.limit, judgement.turns.again) == ("links", pytest.approx(0.0, abs=0.1))


def test_a_host_that_rests_is_politeness_and_with_few_other_attempts_it_is_these() -> None:
    trace, named_by = with_attempts(0, resting=(0.25, 2.0))
    rested = why(trace, config(), named_by)
    assert (rested.limit, rested.turns.again) == ("politeness", 0.0)
    assert rested.turns.resting > 0.7
    slices = [*trace.slices(), Slice(7, Activity.WAIT_FOR_ANSWER, 2.26, 2.27, True, (3,))]
    trace.slices = lambda: iter(slices)
    judgement = why(trace, config(), named_by)
    assert judgement.limit == "again"
    assert judgement.turns.resting > 0.7
    words = printed(judgement)
    assert "since its host rested after a 429 or 503 (8" in words
    assert f"{ORIGIN}/3 for 2.0 s, 2 attempts." in words


def test_many_urls_that_are_tried_again_on_a_host_with_a_delay_are_politeness() -> None:
    trace, named_by = with_attempts(30, 1.0, 3.0)
    judgement = why(trace, config(delay=0.001), named_by)
    assert judgement.limit == "politeness"
    assert judgement.turns.kept_back > 0.7


def test_a_crawl_that_the_live_page_holds_is_limited_by_that() -> None:
    trace, named_by = made_trace(network=0.05, at_once=2)
    end = trace.seconds
    trace.meta = {**trace.meta, "concurrency": 8}
    trace.counters = {"at once": [(0.0, 8), (end * 0.1, 2), (end * 0.9, 0)]}
    judgement = why(trace, config(concurrency=8), named_by)
    assert (judgement.limit, judgement.is_clear) == ("held", True)
    assert judgement.turns.held == pytest.approx(0.9, abs=0.02)
    assert as_dict(judgement)["allowed"] == [
        {"at_once": 2, "share": pytest.approx(0.8, abs=0.02)},
        {"at_once": 0, "share": pytest.approx(0.1, abs=0.02)},
    ]
    assert "held at 2 requests at once from its page for 80% of the time and paused for 10%" in printed(
        judgement
    )
    assert speed(judgement, "8 at once") == pytest.approx(4.0, rel=0.1)


def test_a_crawl_that_was_paused_is_limited_by_that() -> None:
    trace, named_by = with_attempts(0, resting=(0.25, 2.0))
    trace.counters = {"at once": [(0.0, 8), (0.26, 0), (2.25, 8)]}
    judgement = why(trace, config(), named_by)
    assert judgement.limit == "held"
    words = printed(judgement)
    assert words.startswith("The live page limits this crawl: it was paused for 7")
    assert "What would help: not to pause it." in words


def test_a_short_hold_is_told_beside_what_limits() -> None:
    trace, named_by = made_trace(network=0.05)
    trace.counters = {"at once": [(0.0, 8), (0.5, 4), (1.0, 8)]}
    judgement = why(trace, config(), named_by)
    assert judgement.limit == "network"
    assert "Mind that it was held at 4 requests at once from its page for" in printed(judgement)
