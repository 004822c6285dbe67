"""``pool`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.tables.units import ms
from crawler.lab.translation import Translation


def _done(figures: Figures) -> str:
    tasks = figures["tasks_s"]
    return (
        f"{len(tasks)} 个任务一共要睡 {ms(sum(tasks))} 毫秒，用各种调用方式交给 {figures['workers']} 个 worker；"
        "然后再看进程池有哪些事做了却没有明说。"
    )


def _because(figures: Figures) -> str:
    in_all = sum(figures["tasks_s"])
    alone, together = (figures["ways"][way]["all_s"] for way in ("pool.apply", "pool.apply_async"))
    how = "不止一个在同时做" if alone < 0.75 * in_all else "是一个接一个做的"
    return (
        f"任务一共 {ms(in_all)} 毫秒，apply() 用了 {ms(alone)} 毫秒：{how}。"
        f"apply_async() 用了 {ms(together)} 毫秒，是前者的 {together / alone:.0%}。"
    )


CHINESE = Translation(
    about="调用进程池的各种方式，以及它没有明说的事",
    question="pool.apply() 会让池里的 worker 一起干活吗？",
    claim="pool.apply() 会让池里的 worker 一起干活。",
    done=_done,
    because=_because,
    caption="",
    why="============================  ==========================================================================\n"
    "``pool.apply(f, args)``       等结果：不管池有多大，一次只做一个任务\n"
    "``pool.apply_async``          马上返回；结果以后再取，或者由回调函数收下，\n"
    "                              回调在父进程的一个线程里执行\n"
    "``pool.map``                  等所有结果，按顺序\n"
    "``pool.imap_unordered``       来一个结果给一个\n"
    "``executor.submit``           马上返回一个 future\n"
    "``executor.map``              按顺序给结果，轮到的一来就给\n"
    "``as_completed``              哪个 future 先完成，就先给哪个\n"
    "============================  ==========================================================================\n\n"
    "``apply`` 把一个任务交给一个 worker，拿到结果才返回，所以这段时间里没法交出下一个任务："
    "其余的 worker 都闲着。别的方式都是先把任务全部交出去，然后才等。\n\n"
    "这两种池还有哪些事做了却没有明说，见同一目录下的 ``pool_hides.py``。",
    guess="一个池有两个 worker，用 pool.apply() 一个接一个地交给它四个任务。一共要多久？",
    answers=("四个任务的时间加起来那么久", "大约一半"),
    advice="用 `apply_async`、`map` 或 `imap_unordered`，而且每个结果都要取：出了异常，只有来取结果的人知道。"
    "离开进程池之前，先 `close()`，再 `join()`。",
    places=("在协程里使用进程池", "每个 worker 有一个协程，等它的结果"),
    exercise="把四个各睡 0.2 秒的任务交给两个 worker，先用 apply，再用 apply_async。先猜一猜：各要几秒？",
    words={
        "call": "调用方式",
        "returns after, ms": "多久返回，毫秒",
        "first result, ms": "第一个结果，毫秒",
        "all results, ms": "全部结果，毫秒",
        "in order": "按顺序",
        "what they hide": "没有明说的事",
        "seen": "实际看到",
        "initializer ran": "初始化函数执行了几次",
        "a callback runs in the parent, in": "回调在父进程的哪个线程里执行",
        "an exception, until somebody asks for the result": "任务里的异常，在有人来取结果之前",
        "is kept": "一直藏着",
        "is raised": "已经抛出",
    },
    patterns=(
        (r"(\d+) times for 2 pools of (\d+) workers", r"\1 次（2 个池，各有 \2 个 worker）"),
        (r"of (\d+) tasks done when `with (\w+)` was left", r"离开 with \2 时，\1 个任务做完了几个"),
        (r"(\d+) \(it waited\)", r"\1（它等了）"),
        (r"(\d+) \(the others were dropped\)", r"\1（其余的丢掉了）"),
        (r"(?:Main)?Thread[-\d]*(?: \(\w+\))?", r"\g<0>"),
    ),
    as_they_are=frozenset(
        {
            "pool.apply",
            "pool.apply_async",
            "pool.map",
            "pool.imap_unordered",
            "executor.map",
            "executor.submit, as_completed",
        }
    ),
)
