"""``segfault`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.translation import Translation

_PLACES = {"thread": "线程", "coroutine": "协程", "Process": "子进程（Process）"}


def _done(_figures: Figures) -> str:
    return (
        "让一个线程、一个协程、一个子进程，以及两种进程池里各一个 worker 去读地址 0，每次都在一个单独的程序里；"
        "然后看那个程序有没有继续运行。"
    )


def _because(figures: Figures) -> str:
    survived, dead = (
        "、".join(
            _PLACES.get(place, place) for place, end in figures.items() if (end["exit_code"] == 0) is well
        )
        for well in (True, False)
    )
    went_on = (
        f"worker 崩溃后，程序照常继续的有：{survived}" if survived else "worker 崩溃后，没有一个程序能够继续"
    )
    ended = f"程序跟着一起结束的有：{dead}" if dead else "没有一个程序跟着结束"
    return f"{went_on}。{ended}。"


CHINESE = Translation(
    about="一个 worker 崩溃了，谁会跟着死",
    question="一个 worker 崩溃了，程序的其余部分还能继续吗？",
    claim="一个 worker 崩溃了，程序的其余部分照常继续。",
    done=_done,
    because=_because,
    caption="",
    why="SIGSEGV 这样的信号打中的是进程，不是线程。所以不论崩溃发生在哪个线程里，还是在协程调用的代码里，"
    "整个程序都到此为止：没有 ``except`` 接得住它，也没有 ``finally`` 会执行。如果发生在子进程里，"
    "结束的就只是那个子进程，父进程从 ``exitcode`` 可以知道是哪个信号。\n\n"
    "两种进程池的反应各不相同。``multiprocessing.Pool`` 会换上一个新的 worker，却从不告诉你原来那个任务怎么样了："
    "不带超时的 ``get()`` 会永远等下去。``ProcessPoolExecutor`` 则放弃整个池：还没完成的 future 全部失败，"
    "无辜的任务也不例外。本爬虫怎样应对，见另一个实验 ``pool-kill``。",
    guess="一个线程去读不属于本程序的内存。结束的是什么？",
    answers=("那个线程", "整个程序"),
    advice="可能崩溃或卡死的，放进单独的进程里。记得看它的 exitcode：它死的时候，不会有异常来通知你。",
    places=("一个坏网页最多毁掉一个解析进程，不会毁掉整次爬取", "持有和看护子进程的唯一方式"),
    exercise="让一个子进程用 SIGKILL 结束自己，就像内存耗尽时内核所做的那样。先猜一猜它的 exitcode，再打印出来。",
    words={
        **_PLACES,
        "crash in": "崩溃的是",
        "the program": "程序",
        "what it sees": "程序看到什么",
        "went on": "继续运行",
        "a finally block was run": "有 finally 块被执行",
        "nothing: no finally block was run": "什么也没有：没有 finally 块被执行",
        "thread ended": "线程结束了",
        "coroutine ended": "协程结束了",
        "an answer": "得到了结果",
    },
    patterns=(
        (r"ended: (SIG\w+)", r"结束：\1"),
        (r"ended: exit code (\d+)", r"结束：退出码 \1"),
        (r"exitcode (-?\d+) \((\w+)\)", r"exitcode 是 \1（\2）"),
        (
            r"no result and no error after ([\d.]+) s; new workers: (\d+)",
            r"等了 \1 秒，既没有结果，也没有报错；新启动的 worker：\2 个",
        ),
        (
            r"BrokenProcessPool for (\d+) of (\d+) tasks, (\d+) of them innocent",
            r"\2 个任务中有 \1 个得到 BrokenProcessPool，其中无辜的有 \3 个",
        ),
    ),
    as_they_are=frozenset({"multiprocessing.Pool", "ProcessPoolExecutor"}),
)
