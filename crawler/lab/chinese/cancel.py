"""``cancel`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.translation import Translation

_KINDS = {
    "coroutine": "协程",
    "coroutine that never awaits": "从不 await 的协程",
    "thread's future, waiting": "线程池的 future（排队中）",
    "thread's future, running": "线程池的 future（运行中）",
    "await of a thread": "await 线程里的工作",
    "process's future, waiting": "进程池的 future（排队中）",
    "process's future, next in line": "进程池的 future（排在下一个）",
    "process's future, running": "进程池的 future（运行中）",
    "await of a process": "await 进程里的工作",
}


def _done(_figures: Figures) -> str:
    return "一份工作有 10 步，每步 10 毫秒；做了两步半的时候取消它，或者趁它还在排队时取消。"


def _because(figures: Figures) -> str:
    stopped, went_on = (
        "、".join(said for what, said in _KINDS.items() if (what in figures["went_on"]) is so)
        for so in (False, True)
    )
    return f"停下来的：{stopped or '一个也没有'}。一直做到最后的：{went_on or '一个也没有'}。"


CHINESE = Translation(
    about="cancel() 能让什么停下，什么还在继续",
    question="调用 cancel()，工作就停下来了吗？",
    claim="调用 cancel()，工作就停下来了。",
    done=_done,
    because=_because,
    caption="",
    why="只有协程能在运行途中被取消：到了它的下一个 ``await``，那里会抛出 ``CancelledError``，"
    "``finally`` 块照常执行，然后它就结束了。而在两个 ``await`` 之间，连协程也取消不了。\n\n"
    "执行器的 future 代表一次交给别人去做的调用。这次调用还没有开始，``cancel()`` 就把它从队列里划掉；"
    "已经开始了，``cancel()`` 就返回 ``False``，调用继续进行。在 asyncio 里，这一点很容易忽略："
    "取消 ``await loop.run_in_executor(...)``（或者让它超时），结束的只是*等待*，线程或进程还在接着干。"
    "要让线程里的活停下来，只能请它停（给它一个 ``Event``，由它自己去看）；要让进程里的活停下来，就杀掉那个进程。",
    guess="一个协程正在 await 线程里的工作，这时被取消了。那份工作会怎样？",
    answers=("停下来", "一直做到最后"),
    advice="线程里的工作，给它一个 Event，让它不时看一眼；进程里的工作，就杀掉那个进程。"
    "超时之后，前一次可能还在运行，不要马上再启动同样的工作。",
    places=("等线程做完，然后才让取消生效", "杀掉进程"),
    exercise="线程里有一百步，每步 10 毫秒。用一个 Event 让它在大约三步之后停下来。"
    "先猜一猜：如果只取消 await，它会做完多少步？",
    words={
        "cancelled": "取消什么",
        "cancel() returned": "cancel() 返回",
        "steps done then": "当时做完的步数",
        "steps done in the end": "最后做完的步数",
        "finally ran": "执行了 finally",
        "stopped": "停下来了",
        **_KINDS,
    },
    patterns=((r"(\d+) of (\d+)", r"\1（共 \2）"),),
    as_they_are=frozenset({"True", "False"}),
)
