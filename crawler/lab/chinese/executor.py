"""``executor`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.tables.units import ms
from crawler.lab.translation import Translation

_PLACES = {
    "no parsing": "不解析",
    "inline": "直接在循环里解析",
    "thread": "在线程里解析",
    "process": "在进程里解析",
}


def _done(_figures: Figures) -> str:
    return (
        "始终有 4 个请求在途，发给一个 5 毫秒后响应的网站；同时，同一个事件循环还要反复解析一个 0.9 MB 的网页。"
        "比较四种情况：不解析，直接在循环里解析，放到线程里解析，放到进程里解析。"
    )


def _because(figures: Figures) -> str:
    times = "，".join(f"{said}时 {ms(figures['p95_s'][place])} 毫秒" for place, said in _PLACES.items())
    return f"95% 的请求，等响应的时间不超过：{times}。"


CHINESE = Translation(
    about="繁重的解析放在循环里、线程里、进程里，别人各要多等多久",
    question="把繁重的解析放到线程里，就不会拖住事件循环了吗？",
    claim="把繁重的解析放到线程里，就不会拖住事件循环了。",
    done=_done,
    because=_because,
    caption="请求延迟的分布，横轴是毫秒数（对数刻度），虚线左边是 95% 的请求；"
    "自上而下：不解析、直接在循环里解析（inline）、在线程里解析（thread）、在进程里解析（process）。",
    why="事件循环就是一个线程，一次只做一件事。它在解析的时候，谁的响应都没有人读："
    "解析要多久，其他所有请求就要晚多久。``run_in_executor`` 可以把解析挪到别处去。\n\n"
    "- 挪到*线程*里，它仍然需要解释器锁（GIL）。Python 代码每 5 毫秒会让出一次锁；"
    "而一次 C 调用，比如本程序用的 HTML 解析器，可能一直拿着锁，到返回为止。事件循环只能在这些间隙里轮到。\n"
    "- 挪到*进程*里，它有自己的解释器：事件循环要付出的，只是交接的开销。\n\n"
    "网页是用本程序自己的代码解析的。其他请求发往一个网站，它运行在第三个进程里。",
    guess="繁重的解析放在哪里，最不耽误其他请求？",
    answers=("就放在循环里", "放在线程里", "放在进程里"),
    advice="要等的，可以交给线程（asyncio.to_thread）；要算的，交给进程（run_in_executor）。"
    "超过几毫秒的活，都不要留在循环里。",
    places=("网页交给进程去解析", "偶尔有一次会阻塞的调用，交给线程"),
    exercise="一个协程每 10 毫秒数一个数。与此同时，先在循环里调用 time.sleep(0.3)，再改用 asyncio.to_thread 来调用。"
    "先猜一猜：这两次期间，它各数到几？",
    words={
        "parsed": "在哪里解析",
        "requests": "请求数",
        "latency: median, ms": "延迟：中位数，毫秒",
        "95 %, ms": "95% 不超过，毫秒",
        "worst, ms": "最慢，毫秒",
        "a parse takes, ms": "解析一次，毫秒",
        "no parsing": "不解析",
        "inline": "循环里",
        "thread": "线程里",
        "process": "进程里",
    },
)
