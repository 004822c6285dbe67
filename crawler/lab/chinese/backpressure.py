"""``backpressure`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.tables.units import megabytes
from crawler.lab.translation import Translation


def _done(figures: Figures) -> str:
    return (
        "每 2 毫秒产生一个 200 kB 的网页，每 5 毫秒取走一个，"
        f"持续 {figures['run_s']:g} 秒。一条流水线的队列最多放 16 个，另一条的没有上限，"
        "两条同时运行；跑 3 次，各取最快的一次。"
    )


def _because(figures: Figures) -> str:
    grown = {name: megabytes(figures[name]["memory"][-1][1]) for name in ("bounded", "unbounded")}
    return (
        f"队列没有上限时，速度是有上限时的 {figures['speed']:.2f} 倍，内存每秒增长 "
        f"{megabytes(figures['growth_bytes_per_s'])} MB，最后多占了 {grown['unbounded']} MB；"
        f"有上限时，最后多占了 {grown['bounded']} MB。"
    )


CHINESE = Translation(
    about="队列有上限和没有上限：内存随时间的变化",
    question="队列不设上限，流水线会更快吗？",
    claim="队列不设上限，流水线会更快。",
    done=_done,
    because=_because,
    caption="同一条流水线占用的内存（比开始时多了多少 MB）随时间的变化："
    "unbounded 的队列没有上限，bounded 的有上限，线旁是各自的速度（页/秒）。",
    why="流水线有多快，取决于最慢的那个环节。如果前面某个环节更快，它做出来的东西总得有个地方放。"
    "队列没有上限，它们就堆在内存里，程序跑多久就堆多久，越积越多。"
    "有了上限，队列一满 ``put`` 就要等：慢的环节让快的环节也慢下来，这就叫*背压*（back-pressure）。"
    "它并不降低速度，因为慢的那个环节手里始终有活。\n\n"
    "（这里的队列按个数设上限，本程序的队列按字节，因为一个网页可能比另一个大上千倍："
    "见 ``crawler/plumbing/byte_queue.py``。）",
    guess="网页产生得快，取走得慢。队列没有上限时，流水线的速度是有上限时的多少倍？",
    unit="倍",
    advice="给每个队列都设上限，而且要按它真正消耗的东西来算：元素大小不一，就按字节，不按个数。",
    places=("按字节设上限的队列", "等有了空位，才取下一张票"),
    exercise="生产者一口气放进十个元素，消费者每取一个要用 1 毫秒。"
    "先猜一猜：没有上限时，队列最长会到多少？maxsize=3 时呢？",
    words={
        "queue": "队列",
        "pages/s": "页/秒",
        "pages waiting in the end": "最后还在排队的页数",
        "memory grown by, MB": "内存增加，MB",
        "bounded": "有上限",
        "unbounded": "没有上限",
    },
)
