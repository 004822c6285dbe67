"""Who is stuck, told from what each worker says of itself at one look after the other."""

from crawler.rules.stalls import StallRule, Worker


def worker(
    step: str = "read", holder: str = "fetch-1", progress: float = 0.0, stage: str = "fetch"
) -> Worker:
    return Worker(stage, holder, 7, step, "http://a.example/1", (progress,))


def looks(rule: StallRule, *seen: Worker, times: int, start: float = 0.0, every: float = 1.0):
    """What the rule says at each look: who is stuck, who recovered."""
    said = [rule.look(seen, start + every * n) for n in range(times)]
    return [[(s.worker.holder, s.seconds, s.is_first) for s in stuck] for stuck, _ in said]


def test_no_progress_for_long_enough_is_a_stall():
    rule = StallRule({}, default=3.0, longest_look=2.0)
    assert looks(rule, worker(), times=5) == [[], [], [], [("fetch-1", 3.0, True)], []]


def test_progress_of_any_kind_is_none():
    rule = StallRule({}, default=3.0, longest_look=2.0)
    for now in range(20):
        assert rule.look([worker(progress=now // 2)], now) == ([], [])


def test_waiting_on_purpose_is_none():
    rule = StallRule({}, default=3.0, longest_look=2.0)
    waiting = [
        worker("idle", "fetch-1"),
        worker("wait for a parser", "fetch-2"),
        worker("wait for a writer", "parser-0", stage="parse"),
        worker("writing", "commit", stage="commit"),
    ]
    assert looks(rule, *waiting, times=50) == [[]] * 50


def test_a_stage_may_have_its_own_timeout():
    rule = StallRule({"parse": 5.0}, default=2.0, longest_look=2.0)
    seen = looks(rule, worker(), worker(holder="parser-0", stage="parse"), times=6)
    assert seen[2] == [("fetch-1", 2.0, True)]
    assert ("parser-0", 5.0, True) in seen[5]


def test_of_a_stage_only_the_oldest_is_the_first():
    rule = StallRule({}, default=3.0, longest_look=2.0)
    rule.look([worker(holder="fetch-1")], 0)
    seen = looks(rule, worker(holder="fetch-1"), worker(holder="fetch-2"), times=4, start=1)
    assert seen == [[], [], [("fetch-1", 3.0, True)], [("fetch-2", 3.0, False)]]


def test_who_stays_stuck_is_named_again_but_is_not_the_first():
    rule = StallRule({}, default=3.0, longest_look=2.0)
    said = looks(rule, worker(), times=10)
    assert [turn for turn in said if turn] == [
        [("fetch-1", 3.0, True)],
        [("fetch-1", 3.0, False)],
        [("fetch-1", 3.0, False)],
    ]


def test_a_stage_recovers_once_nobody_of_it_is_stuck():
    rule = StallRule({}, default=3.0, longest_look=2.0)
    looks(rule, worker(holder="fetch-1"), worker(holder="fetch-2"), times=4)
    assert rule.look([worker(holder="fetch-1", progress=1.0), worker(holder="fetch-2")], 4) == ([], [])
    _, recovered = rule.look([worker(holder="fetch-1", progress=1.0), worker("idle", "fetch-2")], 5)
    assert [(one.stage, one.seconds) for one in recovered] == [("fetch", 5.0)]
    assert rule.look([worker("idle", "fetch-2")], 6) == ([], [])


def test_a_worker_that_ended_is_not_stuck_any_more():
    rule = StallRule({}, default=3.0, longest_look=2.0)
    looks(rule, worker(), times=4)
    assert [one.stage for one in rule.look([], 4)[1]] == ["fetch"]


def test_hours_in_which_the_whole_program_was_stopped_do_not_count():
    rule = StallRule({}, default=3.0, longest_look=2.0)
    rule.look([worker()], 0)
    assert rule.look([worker()], 10_000) == ([], [])
    stuck, _ = rule.look([worker()], 10_001)
    assert [one.seconds for one in stuck] == [3.0]
