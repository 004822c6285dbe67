"""The memory ceiling: how it is split, and what is done at which fill."""

import pytest

from crawler.config import Config
from crawler.engine.watchers import within_memory
from crawler.rules.limits import MIB, Fill, MemoryRule, MemoryUse, Shares, Verdict, ceiling_of, split

GIB = 1024 * MIB
CEILING = 1000 * MIB
WANTED = Shares(
    page_queue=32 * MIB, finished_queue=16 * MIB, max_unacked=16 * MIB, spool_above=MIB, parser=GIB
)


def use(total: int, *parsers: int, main: int | None = None) -> MemoryUse:
    """``total`` MiB; the parsers have the pids 1, 2, …; the rest is the main process's or others'."""
    rest = total - sum(parsers)
    main = rest if main is None else main
    sizes = {pid: size * MIB for pid, size in enumerate(parsers, 1)}
    return MemoryUse(main * MIB, sizes, (rest - main) * MIB)


def test_a_third_of_the_machine_and_never_too_little():
    assert ceiling_of(24 * GIB) == 8 * GIB
    assert ceiling_of(256 * MIB) == 256 * MIB


def test_a_large_ceiling_leaves_every_bound_as_it_was_wanted():
    assert split(8 * GIB, WANTED, bodies=32) == WANTED


@pytest.mark.parametrize("ceiling", [256 * MIB, 512 * MIB, GIB])
@pytest.mark.parametrize("concurrency", [1, 32, 1000])
def test_what_may_wait_takes_less_than_half_of_any_ceiling(ceiling, concurrency):
    huge = Shares(*[1 << 40] * 5)
    shares = split(ceiling, huge, concurrency)
    waiting = shares.page_queue + shares.finished_queue + shares.max_unacked
    assert waiting + shares.spool_above * concurrency <= ceiling * 3 / 8
    assert shares.parser == ceiling // 3


def test_little_and_much_and_little_again():
    rule = MemoryRule(CEILING)
    fills = [rule.judge(use(total), in_flight=5).fill for total in (100, 840, 850, 800, 750, 740, 800)]
    hold, normal = Fill.HOLD, Fill.NORMAL
    assert fills == [normal, normal, hold, hold, hold, normal, normal]


def test_with_nothing_in_flight_it_goes_on_below_the_upper_mark():
    rule = MemoryRule(CEILING)
    assert rule.judge(use(900), in_flight=5).fill is Fill.HOLD
    assert rule.judge(use(800), in_flight=0).fill is Fill.NORMAL


def test_the_largest_parser_is_replaced_when_holding_is_not_enough():
    rule = MemoryRule(CEILING)
    assert rule.judge(use(900, 200, 300), in_flight=5) == Verdict(Fill.HOLD)
    assert rule.judge(use(960, 200, 300), in_flight=5) == Verdict(Fill.HOLD, replace=2)


def test_a_parser_of_usual_size_is_not_worth_replacing():
    assert MemoryRule(CEILING).judge(use(960, 40, 60), in_flight=5) == Verdict(Fill.HOLD)


def test_it_gives_up_when_nothing_can_come_free_any_more():
    rule = MemoryRule(CEILING)
    assert rule.judge(use(900, 50), in_flight=3).fill is Fill.HOLD
    fills = [rule.judge(use(900, 50), in_flight=0).fill for _ in range(3)]
    assert fills == [Fill.HOLD, Fill.HOLD, Fill.GIVE_UP]


def test_before_that_it_replaces_idle_parsers():
    rule = MemoryRule(CEILING)
    assert rule.judge(use(900, 400, 300), in_flight=0) == Verdict(Fill.HOLD, replace=1)
    assert rule.judge(use(860, 40, 300), in_flight=0) == Verdict(Fill.HOLD, replace=2)
    assert rule.judge(use(600, 40, 40), in_flight=0) == Verdict(Fill.NORMAL)


def test_what_is_in_flight_is_always_waited_for():
    rule = MemoryRule(CEILING)
    assert {rule.judge(use(990, main=500), in_flight=1).fill for _ in range(100)} == {Fill.HOLD}


def test_the_main_process_alone_above_the_ceiling_is_the_end():
    rule = MemoryRule(CEILING)
    assert rule.judge(use(1200, main=999), in_flight=9).fill is Fill.HOLD
    assert rule.judge(use(1200, main=1000), in_flight=9).fill is Fill.GIVE_UP


@pytest.mark.parametrize(("sink", "bodies"), [("jsonl", 1), ("warc", 2)])
def test_a_request_whose_answer_is_kept_as_it_was_sent_holds_two_bodies(sink, bodies):
    config = Config(
        seeds=["http://127.0.0.1/"],
        limits={"memory": 256 * MIB},
        fetch={"concurrency": 100},
        write={"sinks": [sink]},
    )
    assert within_memory(config).fetch.spool_above * 100 * bodies == pytest.approx(32 * MIB, abs=200)
