"""``semaphore`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.tables.units import megabytes, ms
from crawler.lab.translation import Translation

_WAYS = {"Semaphore": "信号量", "workers": "worker"}


def _done(figures: Figures) -> str:
    return (
        f"{figures['Semaphore']['tasks']:,.0f} 个任务，每个等待 10 毫秒，同时最多 100 个：一种做法是每个任务一个协程，"
        "用信号量（Semaphore）限流；另一种是固定数量的 worker 从队列里取任务。"
        "两种做法各跑两遍：一遍跑完，一遍中途取消。"
    )


def _because(figures: Figures) -> str:
    ways = "；".join(
        f"{said}：创建 {one['tasks']:,.0f} 个协程任务，占内存 {megabytes(one['memory_bytes'], 1)} MB，"
        f"启动 {ms(one['start_s'], 1)} 毫秒，取消 {ms(one['cancel_s'], 1)} 毫秒"
        for one, said in ((figures[way], said) for way, said in _WAYS.items())
    )
    return (
        f"用信号量时最多有 {figures['Semaphore']['most']:.0f} 个任务同时在跑，用 worker 时最多 "
        f"{figures['workers']['most']:.0f} 个。{ways}。"
    )


CHINESE = Translation(
    about="同时一百个：每个任务一个协程，还是由固定数量的 worker 从队列里取",
    question="要限制协程的数量，用信号量和用几个 worker 一样好吗？",
    claim="用信号量限制大量协程，和用几个 worker 一样好。",
    done=_done,
    because=_because,
    caption="同样的任务，同样的并发数：两种做法占用的内存、全部启动的时间、全部取消的时间。",
    why="常见的说法是：想限制同时进行的协程数量，就用 ``Semaphore`` 把要做的事包起来。它确实限制了*正在做的事*，"
    "但没有限制*协程任务的数量*：``gather`` 一开始就把它们全部创建出来，没轮到的就在内存里等着，"
    "每一个都占着自己的栈帧，也占着信号量等待队列里的一个位置。而 N 个从队列里取任务的 worker 就只是 N 个协程任务，"
    "还没轮到的任务不过是队列里的一个元素。\n\n"
    "差别先体现在内存和启动上：所有协程任务都要先创建出来，各自运行到信号量那里，第一个任务才可能完成。"
    "结束时也一样：要停下来，就得逐个取消、逐个唤醒。用 worker 时，没做完的任务还好好地留在队列里；"
    "用信号量时，哪些没做完就没人知道了。何况任务常常是从任务里产生的（比如链接来自页面），一开始并不知道有哪些，"
    "这时无论如何都需要一个队列。",
    guess="几千个任务，同时一百个。每个任务一个协程、用信号量限流，占用的内存是一百个 worker 的多少倍？",
    unit="倍",
    advice="如果任务很多，或者任务会产生新任务，就启动 N 个 worker 从队列里取。"
    "信号量适合偶尔有少数几个来请求的场合。",
    places=("启动这些 worker", "其中的一个 worker", "一个信号量，用于域名解析"),
    exercise="6 个任务，用 Semaphore(2) 限流。先猜一猜：第一次切换之后有多少个协程任务？"
    "同时进行的最多有几个？",
    words={
        "bounded by": "限制方式",
        "tasks": "协程任务数",
        "jobs at once, at most": "同时进行，最多",
        "memory, MB": "内存，MB",
        "to start, ms": "启动，毫秒",
        "all done, ms": "全部完成，毫秒",
        "to cancel, ms": "取消，毫秒",
        "Semaphore": "信号量 Semaphore",
    },
)
