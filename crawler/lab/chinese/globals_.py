"""``globals`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.translation import Translation

_WHO = {
    "thread": "线程",
    "process (fork)": "进程（fork）",
    "process (forkserver)": "进程（forkserver）",
    "process (spawn)": "进程（spawn）",
}


def _done(_figures: Figures) -> str:
    return (
        "父进程先改一个全局变量，设一个环境变量，再打开一个文件。然后启动一个线程，并用每种启动方式各启动一个进程，"
        "让它们看看这几样东西，再改那个全局变量；最后看父进程里的全局变量变了没有。"
    )


def _because(figures: Figures) -> str:
    seen = [saw["seen_global"] for who, saw in figures.items() if who != "thread"]
    children = f"父进程看到了其中 {sum(seen)} 个的改动" if any(seen) else "父进程一个也没看到"
    thread = "看到了" if figures["thread"]["seen_global"] else "没看到"
    unknown = "、".join(_WHO[who] for who, saw in figures.items() if not saw["sees_global"])
    own = f"看不到的有：{unknown}" if unknown else "大家都看得到"
    return (
        f"{len(seen)} 个子进程改了全局变量，{children}；线程的改动，父进程{thread}。"
        f"父进程自己事先所做的改动，{own}。"
    )


CHINESE = Translation(
    about="全局变量：子进程看得到父进程的什么，父进程又看得到子进程的什么",
    question="子进程改了全局变量，父进程里的也跟着变吗？",
    claim="子进程改了全局变量，父进程里的也跟着变。",
    done=_done,
    because=_because,
    caption="",
    why="线程就在同一个进程里：所有的全局变量它都看得到，它改了什么，别人也看得到。子进程则不管用哪种方式启动，"
    "都有自己的一份内存；启动方式不同，不同的是这份内存一开始的样子：\n\n"
    "- ``spawn`` 启动一个全新的解释器，把模块重新导入一遍：全局变量就是刚导入时的值，父进程后来怎么改的都不算数。\n"
    "- ``forkserver`` 先这样启动一个小小的服务进程，再从它 fork 出子进程，所以结果相同；"
    "连环境变量也停留在服务进程启动的那一刻。\n"
    "- ``fork`` 照原样复制父进程：全局变量、环境变量、打开的文件，还有每一把锁当时的状态，"
    "哪怕拿着锁的那个线程在副本里并不存在。因此从 Python 3.14 起，它不再是默认的启动方式"
    "（macOS 上从 3.8 起就不是了）；直到 3.13，Linux 上如果不另行指定，用的还是 fork。\n\n"
    "真正共享的，是专门用来共享、又作为参数交过去的东西（``Value``、``Queue``、``Pipe``）。",
    guess="分别用 fork、spawn、forkserver（有哪种用哪种）启动子进程，每个都去改一个全局变量。父进程看得到谁的改动？",
    answers=("谁的也看不到", "只看得到用 fork 启动的那个", "别的也看得到"),
    advice="子进程需要什么，就作为参数交给它；它的结果，通过 Queue、Pipe 或 Value 取回来。千万不要靠全局变量。",
    places=("子进程的全局变量只归它自己：它的解析器、它的管道", "共享内存，在启动时交过去"),
    exercise="子进程给一个全局变量加 5，给交到它手里的 Value 也加 5。先猜一猜：之后父进程读到的两个值各是多少？",
    words={
        **_WHO,
        "what is seen": "看得到什么（“它”指线程或子进程）",
        "child sees a global that was changed before its start": "它看得到：启动它之前改过的全局变量",
        "… an environment variable set before its start": "它看得到：启动它之前设的环境变量",
        "… a file by its descriptor's number": "它看得到：父进程打开的文件（凭描述符的编号）",
        "… its argument": "它看得到：传给它的参数",
        "parent sees a global that the child changed": "父进程看得到：它改过的全局变量",
        "… a multiprocessing.Value that the child changed": "父进程看得到：它改过的 multiprocessing.Value",
        "This platform has no fork, so it could not be tried.": "这个平台没有 fork，所以没法试它。",
    },
    patterns=(
        (
            r"Unless told otherwise, multiprocessing starts children by (\w+) here\.",
            r"在这里，如果不另行指定，multiprocessing 用 \1 启动子进程。",
        ),
    ),
)
