"""``queue`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.tables.units import ms
from crawler.lab.translation import Translation


def _done(figures: Figures) -> str:
    return (
        f"{figures['items']} 个元素，每个要做 {ms(figures['work_s'])} 毫秒，由一个生产者交给两个消费者；"
        "用哨兵（一个表示“没有了”的元素）或者用 terminate() 结束消费者。然后再试：生产者放进去的元素还没取，就先 join 它。"
    )


def _because(figures: Figures) -> str:
    lost = {
        by_sentinel: [n for one in figures["ends"] if one["by_sentinel"] is by_sentinel for n in one["lost"]]
        for by_sentinel in (True, False)
    }
    terminated, lossy = lost[False], sum(n > 0 for n in lost[False])
    by_end = (
        f"用 terminate() 结束，试了 {len(terminated)} 次，有 {lossy} 次丢了元素，{figures['items']} 个里最多丢了 {max(terminated)} 个"
        if lossy
        else f"用 terminate() 结束，试了 {len(terminated)} 次，一个元素也没丢"
    )
    dropped = f"一共丢了 {sum(lost[True])} 个" if any(lost[True]) else "一个也没丢"
    stuck = [one["bytes"] for one in figures["joins"] if one["stuck_before"]]
    joined = f"元素有 {stuck[0]:,} 字节时，没 get() 就先 join()，卡住了。" if stuck else ""
    return f"{by_end}；用哨兵结束，试了 {len(lost[True])} 次，{dropped}。{joined}"


CHINESE = Translation(
    about="怎样结束消费者，否则会丢什么",
    question="生产者一结束，就该终止消费者吗？",
    claim="生产者一结束，就终止消费者。",
    done=_done,
    because=_because,
    caption="",
    why="::\n\n"
    "  producer ──▶ [queue] ─┬▶ consumer 1\n"
    "                        └▶ consumer 2\n\n"
    "消费者自己没法知道后面还有没有。告诉它们的办法有两种：\n\n"
    "- *哨兵*：生产者放完最后一个元素，再给每个消费者放一个 ``None``；谁拿到，谁就结束。\n"
    "- 生产者结束之后 ``terminate()``，很多教程都这样做。但是生产者结束，不等于活已经做完："
    "还在队列里的，和在消费者手里的，全都丢了。\n\n"
    "队列有上限（``maxsize``）时，生产者领先太多就要等，这就是背压；没有上限，就全都在内存里等着。\n\n"
    "收尾时还会出什么错，见同一目录下的 ``queues_join.py``：还没 ``get`` 就 ``join``。",
    guess="生产者放完 40 个元素就结束，两个消费者随即被终止。最坏的一次，会丢多少个元素？",
    unit="个元素",
    advice="在最后一个元素后面，给每个消费者放一个哨兵，然后 join 消费者。要先把队列取空，再 join 往里放东西的那个进程。",
    places=("在所有批次后面放哨兵", "在同一个进程里，队列可以直接关闭"),
    exercise="三个消费者一起做 30 个元素。需要几个哨兵？先猜一猜：少放一个会怎样？",
    words={
        "How to end the consumers": "怎样结束消费者",
        "bound": "队列的上限",
        "ended by": "怎样结束",
        "producer ahead by, at most": "生产者最多领先",
        "none": "无",
        "sentinel": "哨兵",
        "join before drain": "队列没取空就 join",
        "item, bytes": "元素，字节",
        "join before get": "get 之前 join",
        "join after get": "get 之后 join",
        "ended": "结束了",
    },
    patterns=(
        (r"items lost of (\d+) \(least / median / most\)", r"\1 个元素里丢了（最少 / 中位数 / 最多）"),
        (r"stuck: still alive after ([\d.]+) s", r"卡住：\1 秒后还活着"),
    ),
    as_they_are=frozenset({"terminate()"}),
)
