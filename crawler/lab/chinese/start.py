"""``start`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.translation import Translation

_KINDS = {"coroutines": "协程", "threads": "线程", "processes": "进程"}


def _done(_figures: Figures) -> str:
    return "协程、线程、进程各依次启动 1、10、100……个，让它们同时存在，再全部结束；每种数量都在一个新的程序里做。"


def _because(figures: Figures) -> str:
    ways = "；".join(
        f"{_KINDS[kind]} {one['start_s'] * 1e6:,.0f} 微秒、{one['memory_bytes'] / 1e3:,.0f} kB"
        for kind, one in figures["each"].items()
    )
    return f"以同时存在最多的那一次来平均，每一个的启动时间和占用的内存：{ways}。"


def _stops() -> tuple[tuple[str, str], ...]:
    """Of each kind, what is said where it was not increased any more, and why."""
    reasons = (
        (r"([\d,]+) would take more than half of the free memory", r"\1 个会用掉空闲内存的一半以上"),
        (
            r"([\d,]+) are more than half of the ([\d,]+) that may still be started",
            r"还能启动的只有 \2 个，\1 个超过了它的一半",
        ),
        (r"([\d,]+) would take about ([\d,]+) s", r"\1 个大约要 \2 秒"),
    )
    return tuple(
        (rf"Stopped: {reason} \({kind}\)\.", f"{said}没有再往上加：{because}。")
        for kind, said in _KINDS.items()
        for reason, because in reasons
    )


CHINESE = Translation(
    about="1 到 10,000 个协程、线程、进程，各要多少开销",
    question="协程的开销比线程小，线程的开销又比进程小吗？",
    claim="协程的开销比线程小，线程的开销比进程小。",
    done=_done,
    because=_because,
    caption="横轴是同时存在的数量；纵轴第一张是全部启动所用的时间，第二张是占用的内存。坐标都是对数刻度，"
    "线越低越省：绿色是协程，橙色是线程，蓝色是进程。（内存小到量不出来的，没有画点。）",
    why="这里的协程、线程和进程，除了等着被叫停，什么也不做：量的就是“有它们在”本身的代价。协程不过是列表里的一个对象。"
    "线程要有一个栈，还要在内核的调度器里占一个位置。进程则要有自己的解释器。"
    "（fork server 已经把进程的开销压到了最低：子进程从一个已经做完导入的进程 fork 出来，"
    "只要不去改写，就一直与它共用内存。）\n\n"
    "内存量的是 PSS（proportional set size，按比例分摊）：几个进程共用的部分只算一次，平摊到各个进程。"
    "内核自己为管理线程和进程所用的内存不算在内。\n\n"
    "数量最多加到多少，怎样赶在伤到机器之前停下来，见 ``start_climb.py``。",
    guess="一个等待中的进程占用的内存，相当于多少个等待中的协程？",
    unit="个协程",
    advice="每一样要等的东西，都给它一个协程，几千个也没关系。线程和进程则只启动不多的几个，启动一次，反复使用。",
    places=("每个正在进行的请求一个协程", "每核一个进程，只启动一次"),
    exercise="让 10,000 个协程同时各睡 0.1 秒。先猜一猜总共要多少秒：0.1、1，还是 1,000？",
    words={
        "kind": "种类",
        "number": "数量",
        "start, ms": "启动，毫秒",
        "end, ms": "结束，毫秒",
        "memory, MB": "内存，MB",
    },
    patterns=_stops(),
)
