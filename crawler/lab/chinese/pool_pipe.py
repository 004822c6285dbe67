"""``pool-pipe`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.translation import Translation

_PIPES = {
    "Pipe, the parent keeps its write end": "Pipe，父进程一直拿着写端",
    "Pipe, the parent closes its write end in time": "Pipe，父进程及时关掉写端",
    "Pipe, with a last item": "Pipe，最后送一个哨兵",
    "Pipe, the same, the workers forked after it was made": "Pipe，父进程也及时关掉写端，但 worker 是在造好 Pipe 之后 fork 的",
}


def _done(_figures: Figures) -> str:
    return (
        "一个 worker 发送 3 个元素，另一个一直接收到结束为止；全部发完之后，最多再等它 1 秒。"
        "通信用的 Pipe 或 Queue，以各种办法交给这两个 worker；其中有几种，最后还送一个哨兵，也就是一个表示“没有了”的元素。"
    )


def _because(figures: Figures) -> str:
    def ways(ended: bool) -> str:
        pipes = {way: one for way, one in figures.items() if way.startswith("Pipe")}
        return "；".join(_PIPES[way] for way, one in pipes.items() if (one["items"] is not None) is ended)

    return f"能等到结束的：{ways(True) or '无'}。永远等不到的：{ways(False) or '无'}。"


CHINESE = Translation(
    about="把 Pipe 或 Queue 交给进程池的 worker",
    question="进程池里的两个 worker 可以用 Pipe 通信吗？",
    claim="进程池里的两个 worker 可以用 Pipe 通信。",
    done=_done,
    because=_because,
    caption="",
    why="常见的说法是：进程池里的两个 worker 用 Pipe 通信，一人一端。两端确实送得到："
    "连接当作参数传过去，会在 worker 里再打开一次。可是，要一直读到 ``EOFError`` 的那一方，就永远等下去了："
    "要等到*没有任何人*拿着写端，管道才算到头，而造出它的父进程还拿着。父进程如果等两端都送到之后关掉自己的那一份，"
    "对方就看得到结束。但 worker 若是 fork 出来的，这样也没用：建池之前就有的每个管道，"
    "它们每一个都有一份副本，就像所有打开的文件一样。\n\n"
    "``Queue`` 不能这样交：调用会失败，而且只有来取结果的人才知道。它得经过进程池的 ``initializer``（初始化函数），"
    "让 worker 在启动时拿到。Manager 的队列送到哪里都行，代价是中间多一个进程。\n\n"
    "总是行得通的做法，是明说后面没有了：最后送一个只表示这个意思的元素，也就是哨兵。",
    guess="两个 worker 各自从参数里拿到自己的一端；一个发完之后关掉自己的一端，然后返回；另一个一直读到 EOFError。结果会怎样？",
    answers=("调用失败", "读的一方全都收到，然后永远等下去", "读的一方全都收到，然后结束"),
    advice="最后送一个哨兵，明说后面没有了。不用的那一端，各自都要关掉，父进程里也一样。"
    "两个进程要互相通信，与其用进程池里的两个任务，不如用两个 Process。",
    places=("每个解析进程各有自己的管道", "并且关掉自己不用的那一端"),
    exercise="两个 Process 用 Pipe 通信，父进程一直不关自己的两端。让读的一方靠哨兵结束。"
    "先猜一猜：没有哨兵，它会怎样？",
    words={
        **_PIPES,
        "Queue as an argument": "Queue，当作参数",
        "Queue by the initializer, with a last item": "Queue，由初始化函数交给 worker，最后放一个哨兵",
        "a manager's queue, with a last item": "Manager 的队列，最后放一个哨兵",
        "two workers of a Pool have": "两个 worker 之间用",
        "what came of it": "结果",
        "This platform has no fork, so it could not be tried.": "这个平台没有 fork，所以 fork 的那一种没法试。",
    },
    patterns=(
        (r"(\w+), told by get\(\) alone", r"\1，只有 get() 才看得到"),
        (r"still waiting after ([\d.]+) s", r"\1 秒后还在等"),
        (r"ended, (\d+) items received", r"结束了，收到 \1 个元素"),
    ),
)
