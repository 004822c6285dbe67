"""``start-methods`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.translation import Translation

_LOOKS = {
    "global": ("a global as the parent changed it", "父进程改过的全局变量"),
    "module": ("a module that only the parent imported", "只有父进程导入过的模块"),
    "file": ("a file that the parent opened", "父进程打开的文件"),
    "environ": (
        "a variable of the environment, set before this child",
        "在启动它之前设的环境变量",
    ),
    "threads": ("the parent's other threads", "父进程的其他线程"),
    "lock": (
        "a lock as it was held, and nobody who opens it",
        "一把还锁着、却再没有人来打开的锁",
    ),
}
"""Of each key of the figures, how it is called in the table, and in Chinese."""


def _done(_figures: Figures) -> str:
    return (
        "用每种启动方式，先启动几个什么也不做的子进程，再启动一个，让它看看周围有什么；"
        "在这之前，父进程改了一个全局变量，打开了一个文件，还有一个线程拿着一把锁。"
    )


def _because(figures: Figures) -> str:
    sentences = []
    for method, one in figures["methods"].items():
        had = "；".join(said for key, (_, said) in _LOOKS.items() if one[key])
        got = f"得到了：{had}" if had else "没有得到父进程的任何东西"
        sentences.append(f"用 {method} 启动的子进程{got}。")
    return "".join(sentences)


CHINESE = Translation(
    about="fork、spawn、forkserver：启动要多久，子进程能得到什么",
    question="新进程是父进程的克隆吗？",
    claim="新进程是父进程的克隆。",
    done=_done,
    because=_because,
    caption="每种启动方式有两根柱子：浅蓝是第一个子进程，深蓝是后来的子进程；"
    "柱高是从 start() 到子进程结束用了多少毫秒，子进程什么也不做，所以越矮，启动就越快。",
    why="常见的说法是：新进程是父进程的克隆。对 ``fork`` 来说确实如此：它照原样复制内存，所有的全局变量、"
    "导入过的模块、打开的文件都在里面，又快又省。可是在所有线程里，它只复制调用 fork 的那一个。"
    "别的线程这时拿着的锁，在副本里就没有了主人，谁在那里等它，谁就永远等下去。"
    "所以有线程的程序不该 fork，这也是 Python 不再默认用它的原因。\n\n"
    "``spawn`` 启动一个全新的解释器，由它导入需要的东西，所以子进程里的全局变量都是刚导入时的值；"
    "传下来的只有环境变量。``forkserver`` 在需要第一个子进程时启动一个这样的解释器，"
    "每个子进程都从它 fork 出来：第一次启动慢，以后都快；环境变量则停留在这个服务进程启动的那一刻。\n\n"
    "这些子进程具体怎样启动，见同一目录下的 ``start_methods_start.py``。",
    guess="父进程改了一个全局变量，然后用每种启动方式各启动一个子进程。哪个子进程里是新值？",
    answers=("只有用 fork 启动的那个", "别的也是", "都不是"),
    advice="用 multiprocessing.get_context 明确写出启动方式，程序在每个系统、每个 Python 版本上的表现才会一致。"
    "有线程的时候不要 fork。",
    places=("用 forkserver，没有它就用 spawn；从不用 fork", "趁着导入模块的时候启动 fork server"),
    exercise='一个程序在 `if __name__ == "__main__":` 下面，给模块里的一个列表追加 1，'
    "再用每种方式各启动一个子进程。先猜一猜：每个子进程看到的列表里有什么？",
    words={
        **{f"it has {text}": f"它有：{said}" for text, said in _LOOKS.values()},
        "started by": "启动方式",
        "the first child, ms": "第一个子进程，毫秒",
        "a later child, ms": "后来的子进程，毫秒",
        "Unless told otherwise": "不另行指定时",
        "system": "系统",
        "method": "启动方式",
        "Linux and other systems with fork": "Linux 等有 fork 的系统",
        "every": "所有版本",
        "this one": "这里",
        "This platform has no fork, so it could not be tried.": "这个平台没有 fork，所以没法试它。",
    },
    patterns=((r"up to ([\d.]+)", r"\1 及以前"), (r"from ([\d.]+) on", r"\1 起")),
    as_they_are=frozenset({"fork", "spawn", "forkserver", "Python", "macOS", "Windows"}),
)
