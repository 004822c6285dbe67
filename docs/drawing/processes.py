"""Who runs what: every process, thread and coroutine of a real crawl, and the file that starts it."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from docs.drawing.kept import Kept, Row
from docs.drawing.svg import LINE, MODELS, NARROW, At, Sheet
from docs.drawing.words import MAIN, PARSER, WRITER, models, purpose

WORDS = {
    "title": ("Who runs what: all that a crawl starts", "谁来运行：一次爬取启动的全部"),
    MAIN: ("the main process", "主进程"),
    "loop": ("main thread: one event loop", "主线程：一个事件循环"),
    "live page": ("thread “live page”: a loop of its own", "线程 “live page”：有自己的循环"),
    "threads": ("threads beside it", "旁边的线程"),
    PARSER: ("a parser", "解析进程"),
    WRITER: ("a writer", "写进程"),
    "forkserver": ("the fork server", "fork server"),
    "resource_tracker": ("the resource tracker", "resource tracker"),
    "main thread": ("its main thread", "它的主线程"),
    "library": ("by its library", "由库启动"),
    "down": ("from {0} to {1}: {2}", "从{0}到{1}：{2}"),
    "seen": ("Seen in this crawl: ", "这次爬取中所见："),
    "again": (", and once more with ", "，然后再来一次，加上 "),
}
CARRIED = {
    (MAIN, PARSER, ""): ("the executor's call", "执行器的调用"),
    (MAIN, PARSER, "parse/parser_process.py"): ("pages", "网页"),
    (PARSER, MAIN, "parse/single_worker_pool.py"): ("the call's end", "调用结束"),
    (PARSER, MAIN, "plumbing/child_process.py"): ("results, log", "解析结果、日志"),
    (MAIN, WRITER, "write/writer_process.py"): ("batches (a queue's pipe)", "批次（队列的管道）"),
    (MAIN, WRITER, "write/writer_process.py pings"): ("pings", "ping"),
    (WRITER, MAIN, "plumbing/child_process.py"): ("acks, log", "确认、日志"),
}
"""What goes through each pipe: from, to, and the file that reads."""
UNSEEN = {"pings": "FILE events"}
"""Who writes what a short crawl has no need of: by the thread that reads it."""
FIRST = [
    "frontier/lease_task.py", "fetch/fetch_task.py", "parse/parse_task.py", "write/commit_task.py",
    "write/writer_task.py", "frontier/state_thread.py", "parse/parse_pool.py", "parse/single_worker_pool.py",
    "write/writer_thread.py",
]  # fmt: skip
"""Files of the street, in its order; the others follow."""
CHILDREN = [PARSER, WRITER, "forkserver", "resource_tracker"]
PAD = 12


class _Drawing:
    def __init__(self, kept: Kept, sheet: Sheet) -> None:
        self.kept, self.sheet = kept, sheet
        self.is_chinese = sheet.language == "zh"

    def say(self, key: str) -> str:
        return WORDS[key][self.is_chinese]

    def named(self, thread: str) -> str:
        """A thread in a sentence: Chinese has spaces only around names as in the code."""
        if thread == "MainThread":
            return self.say("main thread")
        return f" {thread} " if self.is_chinese else thread

    # -- groups: what one file starts ----------------------------------------------------------------

    def group(self, rows: Sequence[Row], x: float, y: float, width: float) -> float:
        """One file, and all that it starts here; returns what is below."""
        sheet, top, inside = self.sheet, y, x + 8
        mark = len(sheet.parts)
        y = sheet.lines(inside, y + 16, rows[0]["file"] or self.say("library"), width - 16, "mono dim") - 6
        for row in rows:
            many = f"× {row['count']}" if row.get("count", 1) > 1 else ""
            said = purpose(row["process"], row["name"], sheet.language).replace("`", "")
            y = sheet.entry(row["kind"], inside, y, row["name"], said, width - 16, many) + 5
            for file in self.kept.files:
                if (file["process"], file["thread"]) == (row["process"], row["name"]):
                    y = sheet.entry("file", inside + 18, y, file["name"], "", width - 34) + 5
        sheet.behind(mark, At(x, top, width, y - top + 2), "plain")
        return y + 10

    def groups(self, rows: Sequence[Row], x: float, y: float, width: float) -> float:
        """Below each other, in as many columns as there is room for."""
        files: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(
            rows, key=lambda row: FIRST.index(row["file"]) if row["file"] in FIRST else len(FIRST)
        ):
            files[row["file"]].append(row)
        columns = 2 if width > 400 else 1
        each = (width - (columns - 1) * PAD) / columns
        below = [y] * columns
        for found in files.values():
            column = below.index(min(below))
            below[column] = self.group(found, x + column * (each + PAD), below[column], each)
        return max(below)

    def frame(self, model: str, title: str, at: At, draw: Callable[[float], float]) -> float:
        """A frame with a title around what ``draw`` draws from a height on; returns what is below."""
        mark = len(self.sheet.parts)
        self.sheet.sign(model, at.x + 10, at.y + 9)
        self.sheet.text(at.x + 28, at.y + 19, title, "strong")
        end = draw(at.y + 32)
        self.sheet.behind(mark, At(at.x, at.y, at.width, end - at.y), f"{model}-frame", 8)
        return end + 12

    # -- processes -------------------------------------------------------------------------------------

    def loop(self, thread: str, title: str, x: float, y: float, width: float) -> float:
        """A thread that runs an event loop, with its coroutines."""
        rows = self.kept.of("coroutine", MAIN, thread)
        return self.frame(
            "thread", self.say(title), At(x, y, width, 0), lambda y: self.groups(rows, x + 10, y, width - 20)
        )

    def main(self, x: float, y: float, width: float) -> float:
        """The inside of the main process."""
        others = {row["thread"] for row in self.kept.started} - {"", "MainThread", "live page"}
        if others:
            raise LookupError(
                f"there are coroutines in {others}, and these threads are not drawn with a loop"
            )
        y = self.loop("MainThread", "loop", x, y, width)
        y = self.loop("live page", "live page", x, y, width)
        self.sheet.text(x, y + 8, self.say("threads"), "strong")
        rows = [row for row in self.kept.of("thread", MAIN) if row["name"] != "live page"]
        return self.groups(rows, x, y + 18, width)

    def child(self, row: Row, at: At) -> float:
        """A child process: what it is for, its pipes, its threads."""
        many = f" × {row['count']}" if row.get("count", 1) > 1 else ""
        title = f"{self.say(row['name'])}: {row['name']}{many}"

        def inside(y: float) -> float:
            width = at.width - 20
            said = purpose(MAIN, row["name"], self.sheet.language)
            y = self.sheet.lines(at.x + 10, y + 4, said, width)
            y = self.sheet.lines(at.x + 10, y, row["file"], width, "mono dim") - 8
            for pipe in self.kept.pipes:
                if row["name"] in (pipe["from"], pipe["to"]):
                    y = self.pipe(pipe, at.x + 10, y, width)
            rows = self.kept.of("thread", row["name"])
            files = [file for file in self.kept.files if file["process"] == row["name"]]
            for file in files:
                y = self.sheet.entry("file", at.x + 10, y, file["name"], "", width) + 6
            return self.groups(rows, at.x + 10, y, width) if rows else y + 4

        return self.frame("process", title, at, inside)

    def pipe(self, pipe: Row, x: float, y: float, width: float) -> float:
        """A pipe between a child and the main process, as a line of words."""
        key = pipe["from"], pipe["to"], pipe["reads_in"]
        if pipe["read_by"] == "pings":
            key = *key[:2], f"{key[2]} pings"
        reader = pipe["read_by"]
        if not pipe["written_by"] and reader not in UNSEEN:
            raise LookupError(f"nobody was seen to write the pipe that {reader} reads in {pipe['reads_in']}")
        writer = ", ".join(pipe["written_by"]) or UNSEEN[reader]
        start, end = (self.named(name) for name in (writer, reader))
        self.sheet.sign("pipe", x, y)
        said = self.say("down").format(start, end, CARRIED[key][self.is_chinese]).replace(" ：", "：")
        return self.sheet.lines(x + 18, y + 10, said, width - 18, "") - 6

    def draw(self) -> str:
        """All of it."""
        sheet = self.sheet
        y = sheet.lines(14, 26, self.say("title"), sheet.width - 28, "title") - 4
        y = sheet.legend(tuple(set_of(self.kept)), models(sheet.language), y)
        edge = 8 if sheet.is_narrow else 12
        full = sheet.width - 2 * edge
        y = self.frame(
            "process",
            self.say(MAIN),
            At(edge, y, full, 0),
            lambda y: self.main(edge + 10, y, full - 20),
        )
        each = full if sheet.is_narrow else (full - PAD) / 2
        below = [y] if sheet.is_narrow else [y, y]
        for row in sorted(self.kept.of("process", MAIN), key=lambda row: CHILDREN.index(row["name"])):
            column = below.index(min(below))
            below[column] = self.child(row, At(edge + column * (each + PAD), below[column], each, 0))
        crawl = self.kept.crawl.replace(WORDS["again"][0], self.say("again"))
        y = sheet.lines(14, max(below) + 10, self.say("seen") + crawl, sheet.width - 28)
        return sheet.svg(y - LINE + 12, self.say("title"))


def set_of(kept: Kept) -> list[str]:
    """The models that this drawing shows, in the legend's order."""
    shown = {row["kind"] for row in kept.started} | {"pipe", "file"}
    return [model for model in MODELS if model in shown]


def draw(kept: Kept, width: int = NARROW, language: str = "en") -> str:
    """The drawing, as SVG."""
    return _Drawing(kept, Sheet(width, language)).draw()
