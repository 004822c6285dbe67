"""What stands on the drawing of the street, each of it looked up in what a crawl has really started."""

from typing import NamedTuple

from docs.drawing.kept import Kept
from docs.drawing.words import MAIN, PARSER, WRITER

WORDS = {
    "title": ("The street, and what each station runs on", "街，以及每一站跑在什么上面"),
    "loop": ("main thread: the event loop", "主线程：事件循环"),
    "threads": ("other threads", "其他线程"),
    "processes": ("processes, files", "进程、文件"),
    "frontier": ("the frontier", "frontier（待爬队列）"),
    "frontier does": ("what to fetch next, and when", "下一个抓谁、什么时候抓"),
    "leases": ("leases", "租出"),
    "lease": ("1 · lease", "1 · 租出"),
    "fetch": ("2 · fetch", "2 · 抓取"),
    "parse": ("3 · parse", "3 · 解析"),
    "commit": ("4 · commit", "4 · 提交"),
    "lease does": ("as many tickets as fetchers are idle", "有几个抓取协程闲着，就发几张票"),
    "fetch does": (
        "waits for the network; a failure goes straight to station 4",
        "等网络；失败的直接去第 4 站",
    ),
    "parse does": ("waits for its parser", "等自己的解析进程"),
    "commit does": ("waits until every sink has it", "等每个 sink 都写好"),
    "state": ("owns the database", "数据库归它所有"),
    "look-up": ("looks host names up", "查主机名"),
    "exchange": ("sends pages, reads results", "发网页，读结果"),
    "feed": ("feeds the writer’s queue", "往写进程的队列里送"),
    "events": ("reads the acks", "读确认"),
    "parser": ("a parser: computes", "解析进程：计算"),
    "writer": ("a writer: writes, syncs", "写进程：写入、同步"),
    "records": ("records.jsonl, …", "records.jsonl 等"),
    "links": ("links", "链接"),
    "done": ("done, links, positions: one transaction", "完成、链接、位置：一个事务"),
    "main": ("the main process", "主进程"),
}


COMMIT = ("Committer.run", "Committer._cut_batches", "WriterKeeper.keep")


class Part(NamedTuple):
    """One box: the model it runs on, what is written in it, and what joins it to the one before."""

    model: str
    title: str
    names: tuple[str, ...]
    said: str
    pipe: str = ""
    """The model of what it is joined by, if that is a queue or a pipe."""


def rows(kept: Kept, say: dict[str, str]) -> list[tuple[str, list[Part], str]]:
    """What is drawn from the top to the bottom: name, its boxes from left to right, the queue below it.

    All of it is looked up in what was really started. Raises LookupError.
    """

    def name(*names: str) -> tuple[str, ...]:
        many = [(one, kept.named(one).get("count", 1)) for one in names]
        return tuple(f"{one} × {count}" if count > 1 else one for one, count in many)

    kept.pipe(MAIN, PARSER, "parse_N", "MainThread")
    kept.pipe(PARSER, MAIN, "MainThread", "parse_N")
    kept.pipe(MAIN, WRITER, "QueueFeederThread", "MainThread")
    kept.pipe(WRITER, MAIN, "MainThread", "FILE events")
    kept.file("FILE", WRITER, "MainThread")
    kept.queue("finished_queue", "fetch_task", "Committer._cut_batches")
    stations = {
        "lease": Part("coroutine", say["lease"], name("lease_task"), say["lease does"]),
        "fetch": Part("coroutine", say["fetch"], name("fetch_task"), say["fetch does"]),
        "parse": Part("coroutine", say["parse"], name("parse_task", "hand_on"), say["parse does"]),
        "commit": Part("coroutine", say["commit"], name(*COMMIT), say["commit does"]),
    }
    state = Part("thread", "", name("state_N"), say["state"])
    database = Part("file", "", (kept.file("crawl.db", MAIN, "state_N"),), "")
    look_up = Part("thread", "", name("look-up"), say["look-up"])
    exchange = Part("thread", "", name("parse_N"), say["exchange"])
    parser = Part("process", "", name(PARSER), say["parser"], "pipe")
    feeder = Part("thread", "", name("QueueFeederThread"), say["feed"])
    events = Part("thread", "", name("FILE events"), say["events"])
    writer = Part("process", "", name(WRITER), say["writer"], "queue")
    records = Part("file", "", (say["records"],), "")
    return [
        ("frontier", [Part("plain", say["frontier"], (), say["frontier does"]), state, database], ""),
        ("lease", [stations["lease"]], kept.queue("fetch_queue", "lease_task", "fetch_task")),
        ("fetch", [stations["fetch"], look_up], kept.queue("page_queue", "fetch_task", "parse_task")),
        (
            "parse",
            [stations["parse"], exchange, parser],
            kept.queue("finished_queue", "hand_on", "Committer._cut_batches"),
        ),
        ("commit", [stations["commit"], feeder, writer, records, events], ""),
    ]
