"""``pool-join`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.tables.units import ms
from crawler.lab.translation import Translation

_JOINED, _LEFT = "Pool, close() and join()", "Pool, left alone"


def _done(figures: Figures) -> str:
    return (
        f"几个程序各把 {figures['tasks']} 个任务交给 {figures['workers']} 个 worker，"
        f"每个任务用时 {ms(figures['task_s'])} 毫秒，并打印一行；交完之后，程序就走到末尾。"
    )


def _because(figures: Figures) -> str:
    programs, tasks = figures["programs"], figures["tasks"]
    left, joined = programs[_LEFT], programs[_JOINED]
    said = f"为此打印了 {left['complaints']} 行" if left["complaints"] else "对此什么也没有说"
    alone = [
        how.partition(",")[0] for how, end in programs.items() if end["done"] == tasks and how != _JOINED
    ]
    waited = f"程序结束时自己会等的有：{'、'.join(alone)}。" if alone else "程序结束时，哪一种都不会自己等。"
    return (
        f"Pool 放着不管，{tasks} 个任务做完了 {left['done']} 个；程序{said}，退出码是 {left['exit_code']}。"
        f"先 close() 再 join()，做完了 {joined['done']} 个。{waited}"
    )


CHINESE = Translation(
    about="程序结束了，进程池没人管",
    question="主进程必须先 close() 再 join() 进程池吗？",
    claim="主进程必须先 close() 再 join() 进程池。",
    done=_done,
    because=_because,
    caption="",
    why="常见的说法是：主进程要用 ``close()`` 和 ``join()`` 等它的进程池。的确如此。进程池的 worker 都是守护进程，"
    "程序一结束，进程池就被终止：正在做的和还没做的全部丢掉，没有输出，没有报错，退出码是 0。"
    "没有人来取结果，也就没有人知道。离开 ``with Pool()`` 代码块也是这样，只是来得更早。\n\n"
    "有 worker 的东西并不都这样：交给 ``ProcessPoolExecutor`` 的任务，程序结束时会等它们做完；"
    "不是守护进程的 ``Process``，也会等它结束。\n\n"
    "这些程序见同一目录下的 ``pool_join_programs.py``。",
    guess="一个程序用 apply_async 把 8 个任务交给 Pool，然后就结束了。做完的有几个？",
    unit="个任务",
    advice="结束之前，先 `close()`，再 `join()`；或者在 `with` 代码块里用 `ProcessPoolExecutor`，它会等。"
    "还有，退出码是 0 并不证明活已经做完。",
    places=("谁启动子进程，谁就等它结束", "解析进程也一样，在程序之前结束"),
    exercise="在 `with` 代码块里，用 apply_async 把四个任务交给 Pool，并让代码块等它们做完。"
    "先猜一猜：没有你加的那两行，会做完几个？",
    words={
        _JOINED: "Pool，先 close() 再 join()",
        _LEFT: "Pool，放着不管",
        "ProcessPoolExecutor, left alone": "ProcessPoolExecutor，放着不管",
        "Process, left alone": "Process，放着不管",
        "Process with daemon=True, left alone": "设了 daemon=True 的 Process，放着不管",
        "workers, and their end": "用什么，怎样收尾",
        "exit code": "退出码",
        "standard error says": "标准错误里",
        "nothing": "什么也没有",
        "something": "有内容",
    },
    patterns=((r"done of (\d+)", r"\1 个里做完了"),),
    as_they_are=frozenset({"with Pool()"}),
)
