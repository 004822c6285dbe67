"""``c-code`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.translation import Translation


def _done(_figures: Figures) -> str:
    return (
        "先用一个线程，再用两个线程，每个线程都做 30 毫秒的工作，有的用 Python 写成，有的是用 C 写的函数；"
        "每种做几遍，取最好的一遍。另外还要看：这期间，别的线程能不能运行。"
    )


def _because(figures: Figures) -> str:
    sentences = []
    for start, so in (("计算期间，别的线程也能运行的有", True), ("计算期间，别的线程不能运行的有", False)):
        works = "；".join(
            f"{_name(work)}（用到 {one['cores']:.2f} 个核）"
            for work, one in figures.items()
            if one["lets_go"] is so
        )
        if works:
            sentences.append(f"{start}：{works}。")
    return "".join(sentences)


def _name(work: str) -> str:
    said = CHINESE.word(work) or work
    return said.removeprefix("C：").replace("Python：", "Python ")


CHINESE = Translation(
    about="用 C 计算的线程：谁会释放解释器的锁",
    question="线程真的从来不会并行计算吗？",
    claim="线程从来不会并行计算。",
    done=_done,
    because=_because,
    caption="每一条的长度，是两个线程一起做这件事时用到的核数：蓝色的会释放锁，能用到接近两个核；"
    "橙色的不释放锁，两个线程合起来也越不过虚线（一个核）。",
    why="常见的说法是：线程从来不会并行计算。只要解释器有那把锁，对 Python 代码来说就是这样：见 ``crawler lab gil``。"
    "但用 C 写的函数，如果它所处理的内存在这期间不会被任何 Python 对象改动，就可以在干活时释放锁，返回之前再拿回来。"
    "``hashlib`` 和 ``zlib`` 就是这样做的，NumPy 的大多数循环也是；``sqlite3`` 在执行语句时释放锁，"
    "文件和套接字在等待时释放锁。每次调用还得够长：数据不到 2,048 字节，``hashlib`` 就不释放锁，"
    "因为释放再拿回来，比计算本身还费时间。\n\n"
    "光是用 C 写的还不够。``json`` 和 ``re`` 一直在创建和读取 Python 对象，所以自始至终都拿着锁。"
    "一个库会不会释放锁，从外面就看得出来，这里也是这样看的：两个线程能不能用到两个核，"
    "以及一个线程干活时，另一个轮不轮得到（见同一目录下的 ``c_code_lock.py``）。",
    guess="一个线程用 hashlib 计算 4 MB 数据的 SHA-256。这期间，别的线程能运行 Python 代码吗？",
    answers=("不能：同一时刻只有一个线程", "能：hashlib 会释放锁"),
    advice="启动进程之前，先看看你用的库会不会释放锁。如果会，而且每次调用都够长，用线程就行了。",
    places=("turbohtml 不释放锁，所以网页交给进程", "SQLite 会释放锁，所以一个线程就够了"),
    exercise="再用 crawler/lab/experiments/c_code_lock.py 里的 `lets_go` 看看 hashlib，"
    "数据一次用 1,000 字节，一次用 1,000,000 字节。先猜一猜两次的答案。",
    words={
        "work": "做什么",
        "lets go of the lock": "释放锁",
        "2 threads: cores busy": "2 个线程：用到几个核",
        "2 threads: × one": "2 个线程：1 个线程的几倍",
        "Python: a loop": "Python：循环",
        "This Python runs without the lock: all threads may compute at once.": "这个 Python 没有全局解释器锁（GIL）：所有线程都可以同时计算。",
        "No two threads had two cores at once: other programs may have had them.": "没有哪两个线程同时用上两个核：可能是其他程序占着。",
    },
    patterns=(
        (r"C: ([\w.]+)", r"C：\1"),
        (r"C: ([\w.]+), (\d+ [kM]B) at a time", r"C：\1，每次 \2"),
    ),
)
