"""``pool-kill`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.translation import Translation


def _done(_figures: Figures) -> str:
    return (
        "两个 worker，反复杀掉其中一个（SIGKILL）：一是在 ProcessPoolExecutor 里，每次都另起一个程序，由看门狗看着；"
        "二是在共享的 Queue 上；三是在本程序自己的进程池里。"
    )


def _often(times: int) -> str:
    return f"{times} 次" if times else "没有一次"


def _because(figures: Figures) -> str:
    executor, queue, ours = figures["executor"], figures["queue"], figures["ours"]
    broken = executor["broken"]
    several = sum(failed > 1 for failed in broken)
    return (
        f"ProcessPoolExecutor：杀了 {executor['kills']} 次，{_often(several)}让多个 future 一起失败"
        f"（12 个里最多失败 {max(broken, default=0)} 个），{_often(executor['hung'])}让程序永远卡住。"
        f"共享的 Queue：杀了 {queue['kills']} 次，{_often(queue['stuck'])}让另一个消费者卡住。"
        f"本程序：杀了 {ours['killed']} 次，{_often(ours['again'])}需要重新解析网页，最后解析成功 {ours['parsed']:,} 页。"
    )


CHINESE = Translation(
    about="kill -9 杀掉一个 worker，其他的会怎样",
    question="一个 worker 被杀，丢的只是它自己的任务吗？",
    claim="一个 worker 被杀，丢的只是它自己的任务。",
    done=_done,
    because=_because,
    caption="",
    why="*ProcessPoolExecutor*（``pool_kill_executor.py``）：死一个 worker，整个池就坏了，谁都不能再用；"
    "有时程序还永远结束不了。\n\n"
    "*共享的 Queue*（``pool_kill_consumers.py``）：消费者死的时候，可能把队列的锁也带走了。\n\n"
    "*本程序*（``pool_kill_here.py``）：每个核一个执行器，每个执行器只有一个 worker，所以坏掉的池里没有别人的活。"
    "网页和结果走的管道只有这个 worker 在用，而且父进程已经关掉了自己手里的另一端，"
    "所以 worker 一死，父进程读到的就是管道结束（EOF），而不会守着半条消息等下去。"
    "死者手里的网页，由接替它的 worker 重新解析。",
    guess="ProcessPoolExecutor 有两个 worker，杀掉其中一个。反复杀许多次，其中有百分之多少，丢的不只是它自己的任务？",
    advice="如果 worker 可能会死，就不要让它们共用任何东西：池、队列、管道，每个 worker 各用各的。"
    "死者手里的活，交给接替它的 worker。",
    places=("只有一个 worker 的池，以及它的管道", "解析进程死了，换上一个新的"),
    exercise="创建两个执行器，每个只有一个 worker；杀掉第一个的 worker，再向两个都要结果。先猜一猜：哪一个会失败？",
    words={
        "arrangement": "怎样安排",
        "kills": "杀的次数",
        "hang for ever": "永远卡住的",
        "what else they cost": "别的损失",
        "ProcessPoolExecutor, 2 workers": "ProcessPoolExecutor，2 个 worker",
        "one Queue, 2 consumers": "一个 Queue，2 个消费者",
        "this crawler's pool, 2 parsers": "本程序的进程池，2 个解析进程",
        "nothing": "没有",
        "none: every page was parsed": "没有：每一页都解析了",
    },
    patterns=(
        (r"(\d+) programs", r"\1 个程序"),
        (r"(\d+) consumers", r"\1 个消费者"),
        (r"(-?\d+) pages", r"\1 页"),
        (r"up to (\d+) of (\d+) futures failed at once", r"\2 个 future 里最多一次失败 \1 个"),
        (r"the next item was not taken, (\d+) times", r"下一个元素没人取，\1 次"),
        (r"parsed again: (\d+) of ([\d,]+) pages", r"共 \2 页，重新解析 \1 次"),
    ),
)
