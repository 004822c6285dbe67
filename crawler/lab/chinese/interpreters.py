"""``interpreters`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.translation import Translation

_ALONE = "one thread"
_WAYS = {
    _ALONE: "一个线程",
    "interpreters": "多个解释器",
    "threads without a lock": "没有锁的线程",
    "processes": "进程",
}


def _done(_figures: Figures) -> str:
    return (
        "有 2 个任务，每个要计算 50 毫秒：先由一个线程来做，"
        "再用这个 Python 所具备的每种方式，各由 2 个 worker 来做。"
    )


def _because(figures: Figures) -> str:
    gains = "，".join(f"{_WAYS[way]} {one['gain']:.2f} 倍" for way, one in figures.items() if way != _ALONE)
    return f"2 个 worker 一起计算，速度与一个线程相比：{gains}。"


CHINESE = Translation(
    about="让线程同时用 Python 计算（如果这个 Python 做得到）",
    question="在同一个进程里，任何时刻都只有一个线程在运行 Python 吗？",
    claim="在同一个进程里，任何时刻都只有一个线程在运行 Python。",
    done=_done,
    because=_because,
    caption="",
    why="常见的说法是：在同一个进程里，任何时刻都只有一个线程在运行 Python，所以要计算就得用进程。"
    "对 3.12 及以前的 CPython，以及此后各版本的普通构建版来说，确实如此。出路有两条：\n\n"
    "- *多个解释器*（PEP 684、PEP 734）。每个解释器都有自己的锁、模块和全局变量，所以不同解释器里的线程可以同时计算。"
    "Python 3.14 为此提供了 ``InterpreterPoolExecutor``。和进程之间一样，送进送出的东西都要复制，但不必启动进程。"
    "扩展模块要声明自己可以这样加载，许多还没有声明。\n"
    "- *自由线程*（free threading，PEP 703）。这是单独的一种构建版（``python3.13t`` 或更新），它没有这把锁，"
    "所以普通的线程就能同时计算。代价是：单个线程会慢一些；有锁时难得一见的错误变得常见（``crawler lab lost-update``）；"
    "只要有一个扩展模块没有声明自己是安全的，锁就又回来了。",
    guess="在这个 Python 里，靠什么能让同一个进程里的两个线程同时计算？",
    answers=("没有办法", "给每个线程一个解释器", "什么也不需要：本来就没有锁"),
    advice="如果你的 Python 是 3.14 或更新的版本，除了 ProcessPoolExecutor，也试试 InterpreterPoolExecutor："
    "代码是一样的。可能崩溃或卡死的，仍然用进程。",
    places=("用进程，因为只有进程可以被杀掉", "同样的爬取，用多个解释器来做"),
    exercise="写一个程序，让它说出：运行它的 Python 能不能给每个线程一个解释器，又有没有全局解释器锁。"
    "先猜一猜，它在你这里会怎么说。",
    words={
        **_WAYS,
        "two workers": "两个 worker",
        "until they are there, ms": "启动完毕，毫秒",
        "× one thread": "1 个线程的几倍",
        "Processes were no faster either: other programs have the cores, and this decides nothing.": "进程也没有更快：CPU 正被其他程序占着，所以这一次什么也说明不了。",
    },
    patterns=(
        (
            r"This experiment needs concurrent\.futures\.InterpreterPoolExecutor \(Python 3\.14 and newer\) or a "
            r"free-threaded build \(3\.13 and newer\); this is (.+)\.",
            r"这个实验要用 concurrent.futures.InterpreterPoolExecutor（Python 3.14 或更新），"
            r"或者自由线程（free-threaded）的构建版（3.13 或更新）；这里是 \1。",
        ),
    ),
)
