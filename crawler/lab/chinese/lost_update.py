"""``lost-update`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.translation import Translation

_WAYS = {
    "read, wait, write": "读、等待、写",
    "read, wait, write, with a Lock": "读、等待、写（加锁）",
    "read, await, write": "读、await、写",
    "read, await, write, with a Lock": "读、await、写（加锁）",
}


def _done(_figures: Figures) -> str:
    return (
        "先是 4 个线程，再是 4 个协程，一遍又一遍地给同一个数加一：有的一步写完，"
        "有的在读和写之间夹着一次调用或一次等待，还有的同样要等，但加了锁。"
    )


def _lost(ways: Figures) -> str:
    parts = []
    for way, one in ways.items():
        name = f"“{_WAYS[way]}”" if way in _WAYS else f"{way} "
        parts.append(f"{name}丢了 {one['lost'] / one['added']:.0%}" if one["lost"] else f"{name}没有丢")
    return "；".join(parts)


def _because(figures: Figures) -> str:
    return f"协程：{_lost(figures['coroutines'])}。线程：{_lost(figures['threads'])}。"


CHINESE = Translation(
    about="线程和协程一起计数，加锁和不加锁",
    question="何时切换由你决定，协程就不需要锁了吗？",
    claim="何时切换由你决定，所以协程不需要锁。",
    done=_done,
    because=_because,
    caption="四个线程（第一张）和四个协程（第二张）给同一个数加一：每一条是一种写法，条越长，丢失的更新越多。",
    why="常见的说法是：何时切换由你决定，所以协程不需要锁。在事件循环里，切换确实只可能发生在 ``await`` 处；"
    "两个 ``await`` 之间只有这一个协程在运行，不需要锁。可是先读、再 ``await``、然后才写，"
    "就等于自己决定了让别人插到中间来。这个坑可以短到只有一行：``counter += await one()`` 是*先*读计数器，然后才等。\n\n"
    "线程则可能在任意两条字节码之间被切换。CPython 从 3.10 起，只在函数调用处和循环每一轮的末尾切换，"
    "所以单独一句 ``counter += 1`` 在那里什么也不会丢。但没有人保证这一点，没有 GIL 的 Python 上它就不成立。"
    "``counter += one()`` 则在读和写之间夹着一次调用。\n\n"
    "加一的各种写法，见同一目录下的 ``lost_update_ways.py``。",
    guess="四个协程一遍又一遍地执行 `counter += await one()`。加上去的数，会丢掉百分之几？",
    advice="两个 await 之间不需要锁。如果在 await 之前读、在它之后写，就要从头到尾拿着一把 `asyncio.Lock`，"
    "或者在 await 之后重新读一次。至于线程，只要有两个会去写，就要加锁。",
    places=(
        "计数不加锁：中间没有 await",
        "先读、再 await、后写：全程拿着锁",
        "几个线程写同一个管道：要加锁",
    ),
    exercise="不用锁，只改变步骤的先后，把 `counter += await one()` 改对。先猜一猜：改好之后，400 次里会丢几次？",
    words={
        **_WAYS,
        "workers": "谁来加",
        "each does": "写法",
        "updates": "更新次数",
        "lost": "丢失",
        "of all": "占全部",
        "This Python runs without the lock, so threads may write at once.": "这个 Python 没有 GIL，所以几个线程可能同时在写。",
    },
    as_they_are=frozenset({"counter += 1", "counter += one()", "counter += await one()"}),
)
