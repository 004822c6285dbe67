"""``overlap`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.tables.units import ms
from crawler.lab.translation import Translation

_NAMES = {
    "coroutines on one core": "单核上的协程",
    "coroutines on two cores": "双核上的协程",
    "threads on one core": "单核上的线程",
    "threads on two cores": "双核上的线程",
    "processes on one core": "单核上的进程",
    "processes on two cores": "双核上的进程",
}


def _done(figures: Figures) -> str:
    return (
        f"分别用 {figures['workers']} 个协程、线程和进程，每个有 {ms(figures['work_s'])} 毫秒的活要干，"
        "同时不停地看时钟，由此知道各自在什么时候真正运行过。"
    )


def _because(figures: Figures) -> str:
    shares = "，".join(f"{_NAMES[name]} {share:.0%}" for name, share in figures["parallel_share"].items())
    return f"至少有两个在同时运行的时间，占比依次是：{shares}。"


CHINESE = Translation(
    about="谁在什么时候运行：一个核上，两个核上",
    question="并发就是同时运行吗？",
    claim="并发就是同时运行。",
    done=_done,
    because=_because,
    caption="每一行是一个 worker，色块表示它那时正在运行；左列用一个核，右列用两个核。"
    "同一时刻有两行都是色块，才是并行。",
    why="*并发*是说几个 worker 的活都在进行当中；*并行*是说同一时刻它们真的都在运行。"
    "协程和线程都只是并发：大家轮流运行，协程在写了 ``await`` 的地方让出，线程则每隔几毫秒被换下来。"
    "能够并行的只有进程（指有全局解释器锁的 Python），而且还要有第二个核。\n\n"
    "怎样看出谁在运行，见同一目录下的 ``turns.py``。",
    guess="几个线程用 Python 做计算，有两个核可用。两个线程同时在运行的时间，占百分之几？",
    advice="先想清楚这件活是在等，还是在算。要同时等很多东西，并发就够了；"
    "要算得更快，就得并行：用多个进程，并且有足够的核给它们用。",
    places=("一次爬取的所有协程，在同一个线程里并发", "解析进程，并行"),
    exercise="协程 A 和 B 各把自己的字母写三遍；然后再来一次，这次每写一个字母就 `await asyncio.sleep(0)`。"
    "先猜一猜：两次写出来的顺序各是什么？",
    words={
        **_NAMES,
        "workers": "谁来运行",
        "turns in all": "运行了几段，合计",
        "time with two or more running": "至少两个同时运行的时间",
        "all done, ms": "全部完成，毫秒",
        "This Python has no global interpreter lock.": "这个 Python 没有全局解释器锁（GIL）。",
    },
)
