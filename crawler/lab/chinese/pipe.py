"""``pipe`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.tables.units import megabytes, size_name
from crawler.lab.translation import Translation


def _done(_figures: Figures) -> str:
    return "一个子进程给父进程发送不同大小的消息，每种方式都试一遍；每个数字取 3 次运行中最快的一次。"


def _because(figures: Figures) -> str:
    rates = figures["messages_per_s"]
    largest = list(rates["Pipe"])[-1]
    best = max(rates, key=lambda way: rates[way][largest])
    fastest = "共享内存" if best == "shared memory" else f"{best} "  # a name of a class: a space goes with it
    ratios = "，".join(
        f"{size_name(int(size))} 的消息 {ratio:.1f} 倍" for size, ratio in figures["pipe_to_queue"].items()
    )
    return (
        f"Pipe 每秒传的消息条数是 Queue 的多少倍：{ratios}。消息大小为 {size_name(int(largest))} 时，"
        f"{fastest}最快，每秒 {megabytes(rates[best][largest] * int(largest))} MB。"
    )


CHINESE = Translation(
    about="Pipe、Queue、SimpleQueue 和共享内存，按消息大小比较",
    question="Pipe 比 Queue 快吗？",
    claim="Pipe 比 Queue 快。",
    done=_done,
    because=_because,
    caption="横轴是一条消息的大小，纵轴第一张是每秒多少条，第二张是每秒多少 MB，都是对数刻度，线越高越快；"
    "shared memory 是共享内存。",
    why="- ``Pipe``：一根管道，一端写，一端读，中间除了内核什么也没有。\n"
    "- ``SimpleQueue``：一根管道，两端各加一把锁，于是两端都可以由多个进程共用。\n"
    "- ``Queue``：在此之上再加一个专门负责写的线程，所以 ``put`` 不用等管道腾出空间；"
    "只有创建时设了上限（``maxsize``）、队列又满了，它才会等。另外还支持超时。\n"
    "- 共享内存：字节直接写在对方要读的那块内存里，什么时候可以写、可以读，由信号量来通知。\n\n"
    "消息小，时间花在调用上；消息大，时间花在复制上。\n\n"
    "子进程结束时，管道的另一端会看到什么，见同一目录下的 ``pipe_ends.py``。",
    guess="消息大小为 64 字节时，Pipe 每秒传的条数是 Queue 的多少倍？",
    unit="倍",
    advice="两个进程之间通信，用 Pipe。有多个进程要放或要取，或者放的时候不能等，就用 Queue。"
    "宁可发少量的大消息，不要发大量的小消息。",
    places=("送去成批的网页、取回结果：用管道", "交给写进程：用队列"),
    exercise="一个子进程发送一条消息就结束。父进程关掉自己手里的那份写端，然后接收两次。"
    "先猜一猜：第二次接收会怎样？如果没有关掉写端，又会怎样？",
    words={
        "message": "消息大小",
        "shared memory, messages/s · MB/s": "共享内存，条/秒 · MB/秒",
        "Two ends": "写端：关与不关",
        "parent's own copy of the write end": "父进程手里的那份写端",
        "after the child's end": "子进程结束之后",
        "closed": "关掉了",
        "kept open": "没有关",
        "nothing: recv() would wait for ever": "什么也没有：recv() 会永远等下去",
    },
    patterns=((r"(Pipe|SimpleQueue|Queue), messages/s · MB/s", r"\1，条/秒 · MB/秒"),),
    as_they_are=frozenset({"EOFError"}),
)
