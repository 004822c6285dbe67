"""What the Chinese texts say where figures are not as this machine has them. The figures are made up."""

import re
from dataclasses import asdict
from typing import Any

import pytest

from crawler.lab.chinese import chinese_of
from crawler.lab.chinese.common import WORDS
from crawler.lab.experiments import (
    backpressure,
    cancel_work,
    executor,
    pool_kill_executor,
    semaphore,
    slow_callback,
    slow_callback_ways,
)
from crawler.lab.finding import Table
from crawler.lab.tables import pipe as tables_pipe
from crawler.lab.tables import pool_kill as tables_pool_kill
from crawler.lab.tables import slow_callback as tables_slow_callback
from crawler.lab.translation import untranslated


def because(name: str, figures: dict[str, Any]) -> str:
    return chinese_of(name).because(figures)


def in_chinese(name: str, table: Table) -> list[list[str | None]]:
    chinese = chinese_of(name)
    assert untranslated(chinese, {"notes": [], "tables": [asdict(table)]}, WORDS) == []
    return [[chinese.word(cell, WORDS) for cell in row] for row in table.rows]


@pytest.mark.parametrize(
    ("best", "said"),
    [("Pipe", "，Pipe 最快"), ("SimpleQueue", "，SimpleQueue 最快"), ("shared memory", "，共享内存最快")],
)
def test_pipe_says_which_is_the_fastest_at_the_largest_size(best: str, said: str) -> None:
    rates = {way: {"64": 9.0, "1048576": 100.0} for way in ("Pipe", "SimpleQueue", "Queue", "shared memory")}
    rates[best]["1048576"] = 1000.0
    text = because("pipe", {"messages_per_s": rates, "pipe_to_queue": {"64": 0.94, "1048576": 2.0}})
    assert "64 B 的消息 0.9 倍，1 MiB 的消息 2.0 倍。消息大小为 1 MiB 时" in text
    assert f"{said}，每秒 1,049 MB" in text


def test_pipe_says_whether_the_end_was_seen() -> None:
    rows = in_chinese("pipe", tables_pipe.end_table({True: False, False: True}))
    assert rows == [["关掉了", "什么也没有：recv() 会永远等下去"], ["没有关", "EOFError"]]


@pytest.mark.parametrize(("went_on", "said"), [(True, "通信照常进行"), (False, "通信就断了")])
def test_siblings_says_of_each_way_whether_it_went_on(went_on: bool, said: str) -> None:
    talk = {"trips": 1000, "trips_per_s": 1234.5, "went_on": went_on}
    figures = dict.fromkeys(("Pipe", "two Queues", "through the parent"), talk)
    assert because("siblings", figures).count(f"每秒往返 1,234 次，父进程死后{said}") == 3
    assert "一问一答 1,000 次" in chinese_of("siblings").done(figures)


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (
            (True, True, True),
            "被点名的：任务里的一个长步骤、一个很长的回调、许多短步骤。没有被点名的：一个也没有。",
        ),
        (
            (False, False, False),
            "被点名的：一个也没有。没有被点名的：任务里的一个长步骤、一个很长的回调、许多短步骤。",
        ),
        ((True, False, False), "被点名的：任务里的一个长步骤。没有被点名的：一个很长的回调、许多短步骤。"),
    ],
)
def test_slow_callback_says_what_was_named(named: tuple[bool, ...], said: str) -> None:
    kinds = ("one long step of a task", "one long callback", "many short steps")
    heard = {how: {"named": ["page-7"] * so} for how, so in zip(kinds, named, strict=True)}
    heard["one long step, debug mode off"] = {"named": ["page-7"]}
    text = because("slow-callback", {"heard": heard, "tasks_per_s": {"on": 1000.0, "off": 4000.0}})
    assert text == f"{said}开着调试模式，每秒运行 1,000 个任务，是不开时的 25%。"


def test_slow_callback_leaves_names_as_they_are() -> None:
    heard = {
        "many short steps": {"named": ["Task-5", "_run_until_complete_cb"], "seconds": [0.2, 0.31]},
        "one long callback": {"named": ["on_timer", "BaseSelectorEventLoop"], "seconds": [0.3, 0.2]},
        "one long step of a task": {"named": [], "seconds": []},
    }
    for one in heard.values():
        one["call_named"] = []
    rows = in_chinese("slow-callback", tables_slow_callback.table(heard))
    assert [row[1] for row in rows] == [
        "Task-5, _run_until_complete_cb",
        "on_timer, BaseSelectorEventLoop",
        "谁也没有",
    ]


@pytest.mark.parametrize(
    ("went_on", "stopped", "to_the_end"),
    [
        (["coroutine", "thread's future, running"], 7, "一直做到最后的：协程、线程池的 future（运行中）。"),
        ([], 9, "一直做到最后的：一个也没有。"),
    ],
)
def test_cancel_says_what_stopped(went_on: list[str], stopped: int, to_the_end: str) -> None:
    did_stop, rest = because("cancel", {"went_on": went_on}).split("。", 1)
    assert (did_stop.count("、") + 1, rest) == (stopped, to_the_end)


def test_cancel_says_that_nothing_stopped() -> None:
    words = chinese_of("cancel").words
    kinds = [what for what in words if "future" in what or "coroutine" in what or "await" in what]
    assert because("cancel", {"went_on": kinds}).startswith("停下来的：一个也没有。一直做到最后的：协程、")


def test_backpressure_says_the_figures_of_both_queues() -> None:
    figures = {
        name: {"memory": [[0.1, 0], [1.4, size]]} for name, size in (("bounded", 7e6), ("unbounded", 3e6))
    }
    text = because("backpressure", {**figures, "speed": 1.234, "growth_bytes_per_s": 2e6})
    assert "速度是有上限时的 1.23 倍，内存每秒增长 2 MB，最后多占了 3 MB；有上限时，最后多占了 7 MB" in text


def pool_kill_figures(hung: int, broken: list[int], stuck: int, again: int, parsed: int) -> dict[str, Any]:
    return {
        "executor": {"kills": 4, "hung": hung, "broken": broken},
        "queue": {"kills": 4, "stuck": stuck},
        "ours": {"kills": 3, "killed": 3, "begun": 1234, "parsed": parsed, "again": again},
    }


def test_pool_kill_says_how_often() -> None:
    harmed = pool_kill_figures(1, [1, 5], 2, 3, 1230)
    text = because("pool-kill", harmed)
    assert "杀了 4 次，1 次让多个 future 一起失败（12 个里最多失败 5 个），1 次让程序永远卡住" in text
    assert "2 次让另一个消费者卡住" in text
    assert "3 次需要重新解析网页，最后解析成功 1,230 页" in text
    rows = in_chinese("pool-kill", tables_pool_kill.table(harmed, 12))
    assert [row[2] for row in rows] == ["1 个程序", "2 个消费者", "4 页"]
    assert rows[2][3] == "共 1,230 页，重新解析 3 次"


def test_pool_kill_says_that_nothing_came_of_it() -> None:
    unharmed = pool_kill_figures(0, [], 0, 0, 1234)
    text = because("pool-kill", unharmed)
    assert "没有一次让多个 future 一起失败（12 个里最多失败 0 个），没有一次让程序永远卡住" in text
    assert "没有一次让另一个消费者卡住" in text
    assert "没有一次需要重新解析网页" in text
    rows = in_chinese("pool-kill", tables_pool_kill.table(unharmed, 12))
    assert (rows[1][3], rows[2][2]) == ("没有", "没有：每一页都解析了")


def test_what_was_done_is_said_with_the_experiments_own_numbers() -> None:
    figures = {"run_s": 1.5, "Semaphore": {"tasks": 2000}}

    def numbers(name: str) -> list[float]:
        return [
            float(one.replace(",", "")) for one in re.findall(r"\d[\d,.]*", chinese_of(name).done(figures))
        ]

    slow, bound = slow_callback_ways, backpressure
    assert numbers("executor") == [
        executor.CLIENTS,
        executor.DELAY * 1e3,
        round(len(executor.PAGE) / 1e6, 1),
    ]
    assert numbers("slow-callback") == [slow.BLOCK * 1e3, slow.SHORT * 1e3, slow_callback.LIMIT * 1e3]
    assert numbers("cancel") == [cancel_work.STEPS, cancel_work.STEP * 1e3]
    assert numbers("backpressure") == [
        bound.FETCH * 1e3,
        bound.PAGE / 1e3,
        bound.PARSE * 1e3,
        1.5,
        bound.BOUND,
        bound.REPEATS,
    ]
    assert numbers("semaphore") == [2000, semaphore.JOB * 1e3, semaphore.AT_ONCE]
    assert f"（{pool_kill_executor.TASKS} 个里" in because("pool-kill", pool_kill_figures(0, [], 0, 0, 1))
