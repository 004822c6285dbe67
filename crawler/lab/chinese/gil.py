"""``gil`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.translation import Translation


def _done(figures: Figures) -> str:
    return (
        "每个任务 10 毫秒，有的全是计算，有的全是等待，有的两样都有，交给事先启动好的 1、2、4 个线程和进程去做；"
        f"每种跑 {figures['repeats']} 遍，取最快的一遍。"
    )


def _because(figures: Figures) -> str:
    cores, waiting = figures["cores"], figures["seconds_and_cores"]["0"]
    share = figures["crossover_share"]
    pay = (
        "即使全是计算，4 个进程也没有比 4 个线程快 10%"
        if share is None
        else f"CPU 占比从 {share * 100:.0f}% 起，4 个进程比 4 个线程至少快 10%"
    )
    return (
        f"计算时，2 个线程一共用到 {cores['threads']:.2f} 个核，2 个进程用到 {cores['processes']:.2f} 个。"
        f"等待时，4 个线程的速度是 1 个线程的 {waiting['1 threads'][0] / waiting['4 threads'][0]:.1f} 倍。{pay}。"
    )


CHINESE = Translation(
    about="线程与进程的比较，从全是等待到全是计算",
    question="计算密集型的工作适合用线程吗？",
    claim="计算密集型的工作适合用线程。",
    done=_done,
    because=_because,
    caption="横轴是 CPU 在每个 10 毫秒的任务里所占的比例，纵轴是做完所有任务的时间；橙线是 4 个线程，蓝线是 4 个进程。"
    "图中若有竖虚线，从它往右，进程至少快 10%。",
    why="CPython 同一时刻只让一个线程执行 Python 代码。正在*等待*的线程（等套接字、磁盘、锁）会释放解释器的锁，"
    "所以许多线程可以同时等：线程就是用来做这个的。正在*计算*的线程则每 5 毫秒轮换一次"
    "（``sys.getswitchinterval()``）：两个并不比一个快。进程各有各的解释器，所以能同时计算，有几个核，就能有几个。\n\n"
    "真实的任务总是两样都有一些。最后一部分问的就是：CPU 占到多少时，进程开始划算？",
    guess="用 Python 做计算密集型的工作，两个线程的速度是一个线程的多少倍？",
    unit="倍",
    advice="要等的，用线程或协程；要用 Python 来算的，用进程，有几个核就用几个。",
    places=("网页由进程来解析", "SQLite 要等磁盘，所以给它一个线程"),
    exercise="让任务睡眠，而不是计算：八个任务各睡 0.1 秒，用八个线程。先猜一猜要多少秒。",
    words={
        "workers": "谁来做",
        "computing: × one thread": "计算：1 个线程的几倍",
        "computing: cores busy": "计算：用到几个核",
        "waiting: × one thread": "等待：1 个线程的几倍",
        "share of CPU": "CPU 占比",
        "threads ÷ processes": "线程 ÷ 进程",
        "This Python runs without the lock, so threads may compute at once.": "这个 Python 没有全局解释器锁（GIL），所以线程可以同时计算。",
    },
    patterns=(
        (r"(\d+) threads", r"\1 个线程"),
        (r"(\d+) processes", r"\1 个进程"),
        (r"(\d+) threads, ms", r"\1 个线程，毫秒"),
        (r"(\d+) processes, ms", r"\1 个进程，毫秒"),
    ),
)
