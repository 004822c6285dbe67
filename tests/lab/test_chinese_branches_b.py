"""What is said in Chinese where figures come out otherwise than they mostly do: both ways of conditions."""

from typing import Any

import pytest

from crawler.lab.chinese import chinese_of
from crawler.lab.experiments import lost_update, pool_pipe_workers, process
from crawler.lab.experiments.pool_size import FULL, limit_of


def _because(name: str, figures: dict[str, Any]) -> str:
    return chinese_of(name).because(figures)


@pytest.mark.parametrize(
    ("busy", "english", "chinese"),
    [
        ({"loop": 0.9, "site": 0.9}, "core of the event loop was full", "事件循环所在的核已经占满（忙 90%"),
        ({"loop": 0.2, "site": 0.9}, "our own site's core was full", "网站所在的核已经占满（忙 90%"),
        (
            {"loop": 0.2, "site": 0.3},
            "was full; no limit",
            "（忙 20%）和我们自己的网站所在的核（忙 30%）都没有占满",
        ),
    ],
)
def test_pool_size_says_what_was_full(busy: dict[str, float], english: str, chinese: str):
    levels = {2: 90.0, 64: 990.0, 2048: 1000.0}
    assert english in limit_of({level: {"answers_per_s": rate, **busy} for level, rate in levels.items()})[1]
    said = _because("pool-size", _pool_size(levels, 64, busy))
    assert "一直涨到约 64 个在途请求" in said
    assert chinese in said
    assert ("没有测到" in said) is (busy["loop"] < FULL)


def test_pool_size_says_that_it_still_grew():
    said = _because("pool-size", _pool_size({2: 90.0, 2048: 1000.0}, 2048, {"loop": 0.2, "site": 0.2}))
    assert "最多在途请求数（2,048 个）还在涨，没有测到极限" in said
    assert "计算密集型达到了最高吞吐量的 50%，IO 密集型达到了 9%" in said


def _pool_size(levels: dict[int, float], knee: int, busy: dict[str, float]) -> dict[str, Any]:
    return {
        "cores": 2,
        "full_share": FULL,
        "cpu_tasks_per_s": {"1": 200, "2": 100},
        "io_answers_per_s": {str(level): rate for level, rate in levels.items()},
        "io_cores_busy": {str(level): busy for level in levels},
        "io_knee": knee,
    }


def test_lost_update_tells_little_from_nothing():
    ways = {"counter += 1": {"added": 200_000, "lost": 0}, "read, wait, write": {"added": 200_000, "lost": 9}}
    said = _because("lost-update", {"coroutines": ways, "threads": ways})
    assert said.endswith("线程：counter += 1 没有丢；“读、等待、写”丢了 0%。")


@pytest.mark.parametrize(("seconds", "said"), [(0.17, "不止一个在同时做"), (0.19, "是一个接一个做的")])
def test_pool_says_whether_apply_spread_the_work(seconds: float, said: str):
    ways = {"pool.apply": {"all_s": seconds}, "pool.apply_async": {"all_s": 0.12}}
    assert said in _because("pool", {"ways": ways, "tasks_s": [0.12, 0.04, 0.04, 0.04]})


@pytest.mark.parametrize(
    ("alive", "exitcode", "said"),
    [
        (True, -9, "忽略 SIGTERM：0.3 秒后还活着。对同样忽略 SIGTERM 的子进程改用 kill()，退出码是 -9。"),
        (
            False,
            None,
            "忽略 SIGTERM：0.3 秒内结束了。对同样忽略 SIGTERM 的子进程改用 kill()，0.3 秒后还没有退出码。",
        ),
    ],
)
def test_process_says_who_has_ended(alive: bool, exitcode: int | None, said: str):
    children = {
        "terminate(), SIGTERM ignored": {"alive_after": alive},
        "kill(), SIGTERM ignored": {"exitcode": exitcode},
    }
    assert _because("process", {"children": children}).endswith(said)


@pytest.mark.parametrize(
    ("done", "complaints", "said", "waited"),
    [
        (0, 0, "对此什么也没有说", "哪一种都不会自己等"),
        (8, 3, "为此打印了 3 行", "自己会等的有：Pool、ProcessPoolExecutor"),
    ],
)
def test_pool_join_says_who_waits(done: int, complaints: int, said: str, waited: str):
    end = {"done": done, "exit_code": 1, "complaints": complaints}
    joined = {"done": 8, "exit_code": 0, "complaints": 0}
    programs = {"Pool, close() and join()": joined} | dict.fromkeys(
        ["Pool, left alone", "ProcessPoolExecutor, left alone"], end
    )
    found = _because("pool-join", {"programs": programs, "tasks": 8})
    assert f"做完了 {done} 个；程序{said}，退出码是 1" in found
    assert waited in found


@pytest.mark.parametrize(
    ("items", "said"),
    [
        (3, "能等到结束的：Pipe，最后送一个哨兵。永远等不到的：无。"),
        (None, "能等到结束的：无。永远等不到的：Pipe，最后送一个哨兵。"),
    ],
)
def test_pool_pipe_says_which_pipes_came_to_their_end(items: int | None, said: str):
    figures = {"Pipe, with a last item": {"items": items}, "Queue as an argument": {"items": None}}
    assert _because("pool-pipe", figures) == said


@pytest.mark.parametrize(
    ("lost", "stuck", "said"),
    [
        (
            {"terminate": [0, 0], "sentinel": [0]},
            False,
            "用 terminate() 结束，试了 2 次，一个元素也没丢；用哨兵结束，试了 1 次，一个也没丢。",
        ),
        (
            {"terminate": [0, 31], "sentinel": [2]},
            True,
            "用 terminate() 结束，试了 2 次，有 1 次丢了元素，40 个里最多丢了 31 个；"
            "用哨兵结束，试了 1 次，一共丢了 2 个。"
            "元素有 1,000 字节时，没 get() 就先 join()，卡住了。",
        ),
    ],
)
def test_queue_says_what_was_lost_and_stuck(lost: dict[str, list[int]], stuck: bool, said: str):
    ends = [{"by_sentinel": how == "sentinel", "lost": some} for how, some in lost.items()]
    figures = {"ends": ends, "joins": [{"bytes": 1000, "stuck_before": stuck}], "items": 40}
    assert _because("queue", figures) == said


@pytest.mark.parametrize(
    ("name", "english"),
    [
        ("overlap", "This Python has no global interpreter lock."),
        ("lost-update", "This Python runs without the lock, so threads may write at once."),
        ("process", "With a child that had a second to go, its program took 0.2 s: the child was ended."),
        (
            "process",
            "With a daemon that had a second to go, its program took 1.2 s: the child was waited for.",
        ),
        ("pool", "is raised"),
        ("pool", "8 (it waited)"),
        ("pool", "3 (the others were dropped)"),
        ("pool", "MainThread"),
        ("pool-join", "something"),
        ("pool-pipe", "This platform has no fork, so it could not be tried."),
        ("pool-pipe", "OSError, told by get() alone"),
        ("queue", "ended"),
        ("queue", "stuck: still alive after 0.5 s"),
    ],
)
def test_what_is_rarely_said_is_translated_too(name: str, english: str):
    assert chinese_of(name).word(english) is not None


def test_numbers_that_are_no_figures_are_those_of_the_experiments():
    assert f"{lost_update.WORKERS} 个线程，再是 {lost_update.WORKERS} 个协程" in chinese_of(
        "lost-update"
    ).done({})
    done = chinese_of("pool-pipe").done({})
    assert f"发送 {pool_pipe_workers.ITEMS} 个元素" in done
    assert f"再等它 {pool_pipe_workers.TIMEOUT:g} 秒" in done
    assert process.TIMEOUT == 0.3, "so it is said in Chinese"
