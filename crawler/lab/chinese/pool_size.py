"""``pool-size`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.tables.units import ms
from crawler.lab.translation import Translation


def _done(figures: Figures) -> str:
    return (
        f"计算密集型：把每个要算 {ms(figures['task_s'])} 毫秒的任务，交给大小不同的几个进程池。"
        f"IO 密集型：用一个事件循环去请求一个要过 {ms(figures['delay_s'])} 毫秒才响应的网站，看同时在途的请求数不同时，每秒各得到多少响应。"
    )


def _limit(figures: Figures) -> str:
    knee, full = figures["io_knee"], figures["full_share"]
    busy = {int(level): one for level, one in figures["io_cores_busy"].items()}
    loop, site = (
        max(one[whose] for level, one in busy.items() if level >= knee) for whose in ("loop", "site")
    )
    grew = f"后者的吞吐量一直涨到约 {knee:,} 个在途请求，"
    if loop >= full:
        return f"{grew}这时事件循环所在的核已经占满（忙 {loop:.0%}；我们自己的网站所在的核忙 {site:.0%}）。"
    if site >= full:
        return f"{grew}这时我们自己的网站所在的核已经占满（忙 {site:.0%}）；事件循环的极限没有测到。"
    if knee == max(busy):
        return f"后者的吞吐量到了试过的最多在途请求数（{knee:,} 个）还在涨，没有测到极限。"
    return (
        f"{grew}但这时事件循环所在的核（忙 {loop:.0%}）和我们自己的网站所在的核（忙 {site:.0%}）都没有占满；"
        "没有测到极限，可能是别的程序占着核。"
    )


def _because(figures: Figures) -> str:
    cores = figures["cores"]
    cpu, io = (
        rates[str(cores)] / max(rates.values())
        for rates in (figures["cpu_tasks_per_s"], figures["io_answers_per_s"])
    )
    return (
        f"数量与核数（{cores}）相同时，计算密集型达到了最高吞吐量的 {cpu:.0%}，IO 密集型达到了 {io:.0%}；"
        f"{_limit(figures)}"
    )


CHINESE = Translation(
    about="池的大小该设成多少",
    question="池的大小设成核数最好吗？",
    claim="池的大小设成核数最好。",
    done=_done,
    because=_because,
    caption="第一张：池里的进程数与每秒完成的任务数，竖线处是核数。第二张：在途请求数与每秒得到的响应数（两轴都是对数刻度），"
    "灰色虚线是只有等待花时间时的理想值；如果有竖线，从那里起事件循环的核就占满了。",
    why="要计算的活，核都忙起来就到顶了：进程比核多，只会增加切换和内存开销。要等待的活不占核："
    "起作用的是在途请求的数量，吞吐量随它一起涨，直到别的什么先占满。再加也涨不了多少的地方叫*拐点*；"
    "过了拐点，只是每个请求等得更久。那里占满的究竟是什么，是量出来的，不是猜的："
    "可能是运行事件循环的那一个核，也可能是被请求的网站，而后者就不是我们这一边的极限了。\n\n"
    "请求怎样发出去，见同一目录下的 ``pool_size_loop.py``。",
    guess="一个网站要过 20 毫秒才响应。有多少个请求在途时，一个事件循环每秒得到的响应最多？",
    unit="个在途请求",
    advice="要算：有几个核，就用几个进程。要等：可以多得多，直到你自己的核、对方的服务器或者礼貌的限度成为上限。"
    "上限在哪里，要靠量。",
    places=("有几个核，就有几个解析进程", "抓取协程的个数，由 fetch.concurrency 决定"),
    exercise="八个各睡 0.1 秒的任务，分别交给 1 个、4 个、8 个线程。先猜一猜：各要几秒？",
    words={
        "CPU-bound": "计算密集型",
        "I/O-bound": "IO 密集型",
        "processes": "进程数",
        "tasks/s": "任务/秒",
        "of the best": "与最高值之比",
        "requests in flight": "在途请求数",
        "answers/s": "响应/秒",
        "loop's core busy": "事件循环的核有多忙",
        "our site's core busy": "我们网站的核有多忙",
    },
)
