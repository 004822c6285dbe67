"""``siblings`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.translation import Translation

_WAYS = {"Pipe": "用 Pipe", "two Queues": "用两个 Queue", "through the parent": "由父进程转发"}


def _done(figures: Figures) -> str:
    return (
        f"父进程造好 Pipe 或 Queue，交给两个子进程；它们互相通信，一问一答 {figures['Pipe']['trips']:,} 次。"
        "然后杀掉父进程（SIGKILL），让它们再问答同样多次。"
    )


def _because(figures: Figures) -> str:
    ways = "；".join(
        f"{said}：每秒往返 {figures[way]['trips_per_s']:,.0f} 次，父进程死后"
        f"{'通信照常进行' if figures[way]['went_on'] else '通信就断了'}"
        for way, said in _WAYS.items()
    )
    return f"{ways}。"


CHINESE = Translation(
    about="两个子进程直接通信，父进程被杀也不受影响",
    question="兄弟进程之间通信，需要中间人吗？",
    claim="兄弟进程之间没有中间人就不能通信。",
    done=_done,
    because=_because,
    caption="",
    why="常见的说法是：兄弟进程之间没有中间人就不能通信，各自只能跟父进程说话，再由父进程转发。"
    "有一点没错：Pipe 和 Queue 不会凭空出现，要由父进程造好，在启动子进程时把两端分别交给它们。"
    "可是从那以后，两个子进程之间就没有别人了。一个发出的数据进入内核，再由另一个收到，"
    "父进程看不见这些数据，通信也用不着父进程。由父进程转发也可以，代价是多两次复制、多两次切换，而且父进程一死就断了。"
    "（没有共同父进程的进程，靠地址找到对方：``multiprocessing.connection`` 里的 ``Listener`` 和 ``Client``，"
    "或者任何一种套接字。）",
    guess="两个子进程用父进程造的 Pipe 通信，这时父进程被杀了。它们还能继续吗？",
    answers=("不能", "能"),
    advice="启动两个子进程时，把两端分别交给它们，让它们自己去通信。只有父进程必须知道的，才经过父进程。",
    places=("必须知道：所有写进程都写好了，它才提交", "子进程怎样得知父进程已经结束"),
    exercise="一个子进程把 1、2、3 发给它的兄弟，后者求和，再报告结果。先猜一猜：这三个数，父进程看见了几个？",
    words={
        "siblings talk by": "兄弟进程怎样通信",
        "round trips/s": "往返次数/秒",
        "also when the parent is dead": "父进程死后还能通信",
        "two Queues": "两个 Queue",
        "through the parent": "由父进程转发",
    },
    as_they_are=frozenset({"Pipe"}),
)
