"""One worker of the parse pool: what the main process and its parser say to each other, and by which way."""

from docs.drawing.kept import Kept
from docs.drawing.svg import NARROW, At, Sheet
from docs.drawing.words import MAIN, PARSER, models

WORDS = {
    "title": ("One parser, seen from both sides", "一个解析进程，从两边看"),
    "main": ("the main process", "主进程"),
    "child": ("parse process k", "解析进程 k"),
    "task": ("awaits the call and the results", "等调用，等结果"),
    "executor": ("one worker; its own two threads", "只有一个 worker；它自己的两个线程"),
    "thread": ("writes and reads pipes", "读写管道"),
    "batches": ("reads, parses, writes, as long as batches come", "读取、解析、写出，批次不断它就不返回"),
    "call": ("one call", "一次调用"),
    "pages": ("pages", "网页"),
    "results": ("results", "结果"),
    "progress": ("shared memory: which page, since when", "共享内存：在处理哪一页，从何时开始"),
}
SHOWN = ("coroutine", "thread", "process", "pool", "pipe")


class _Drawing:
    def __init__(self, kept: Kept, sheet: Sheet) -> None:
        self.sheet = sheet
        self.say = {key: words[sheet.language == "zh"] for key, words in WORDS.items()}
        # Nothing is drawn that is not there.
        self.feeder, self.manager, self.exchange, self.task = (
            kept.named(name)["name"] for name in ("QueueFeederThread", "Thread-N", "parse_N", "parse_task")
        )
        kept.pipe(MAIN, PARSER, self.feeder, "MainThread")
        kept.pipe(MAIN, PARSER, self.exchange, "MainThread")
        kept.pipe(PARSER, MAIN, "MainThread", self.exchange)

    def box(self, model: str, names: list[tuple[str, str]], said: str, at: At) -> None:
        """One box with names in the code, each with the model that it is."""
        self.sheet.box(at, model)
        y = at.y + 19
        for sign, name in names:
            self.sheet.sign(sign, at.x + 8, y - 10)
            y = self.sheet.lines(at.x + 26, y, name, at.width - 28, "mono")
        self.sheet.lines(at.x + 8, y, said, at.width - 14)

    def boxes(self, task: At, pool: At, thread: At, child: At) -> None:
        """The four that take part."""
        executor = [("pool", "ProcessPoolExecutor"), ("thread", self.feeder), ("thread", self.manager)]
        self.box("coroutine", [("coroutine", self.task)], self.say["task"], task)
        self.box("pool", executor, self.say["executor"], pool)
        self.box("thread", [("thread", self.exchange)], self.say["thread"], thread)
        self.box("process", [("process", "parse_batches")], self.say["batches"], child)

    def frame(self, key: str, at: At, title: float) -> None:
        """A process, with its title on that line."""
        self.sheet.box(at, "process-frame", 8)
        self.sheet.sign("process", at.x + 10, title - 10)
        self.sheet.text(at.x + 28, title, self.say[key], "strong")

    def wide(self, top: float) -> float:
        """Side by side."""
        sheet = self.sheet
        ours, theirs = At(14, top, 264, 276), At(456, top, 218, 276)
        self.frame("main", ours, top + 19)
        self.frame("child", theirs, top + 19)
        task = At(26, top + 30, 240, 46)
        pool, thread = At(26, top + 92, 240, 80), At(26, top + 186, 240, 46)
        child = At(468, top + 92, 194, 140)
        self.boxes(task, pool, thread, child)
        sheet.arrow((60, task.bottom), (60, pool.y - 1))
        left, right = pool.right, child.x
        for y, key in ((pool.y + 20, "call"), (thread.y + 6, "pages"), (thread.y + 36, "results")):
            ends = [(left, y), (right - 1, y)]
            sheet.arrow(*(((right, y), (left + 1, y)) if key == "results" else ends))
            sheet.box(At(312, y - 12, 110, 24), "pipe", 12)
            sheet.sign("pipe", 322, y - 6)
            sheet.text(342, y + 4, self.say[key])
        self.memory(At(278, top + 238, 178, 38))
        return top + 280

    def memory(self, at: At) -> None:
        """What both processes see."""
        self.sheet.box(at, "plain", 2)
        self.sheet.lines(at.x + 8, at.y + 16, self.say["progress"], at.width - 12)

    def narrow(self, top: float) -> float:
        """One process below the other."""
        sheet = self.sheet
        ours, theirs = At(10, top, 323, 200), At(10, top + 278, 323, 102)
        task = At(20, top + 30, 303, 46)
        pool, thread = At(20, top + 92, 176, 98), At(206, top + 92, 117, 98)
        child = At(20, theirs.y + 10, 303, 62)
        self.frame("main", ours, top + 19)
        self.frame("child", theirs, theirs.bottom - 10)
        self.boxes(task, pool, thread, child)
        for x in (60, 240):
            sheet.arrow((x, task.bottom), (x, pool.y - 1))
        for x, key in ((155, "call"), (224, "pages"), (292, "results")):
            ends = [(x, pool.bottom), (x, child.y - 1)]
            sheet.arrow(*(((x, child.y), (x, pool.bottom + 1)) if key == "results" else ends))
            sheet.box(At(x - 31, ours.bottom + 19, 62, 40), "pipe", 12)
            sheet.sign("pipe", x - 6, ours.bottom + 24)
            sheet.text(x, ours.bottom + 51, self.say[key], "", "middle")
        self.memory(At(14, ours.bottom, 104, 78))
        return theirs.bottom + 4

    def draw(self) -> str:
        """All of it."""
        sheet = self.sheet
        y = sheet.lines(14, 26, self.say["title"], sheet.width - 28, "title") - 4
        y = sheet.legend(SHOWN, models(sheet.language), y)
        y = self.narrow(y) if sheet.is_narrow else self.wide(y)
        return sheet.svg(y + 10, self.say["title"])


def draw(kept: Kept, width: int = NARROW, language: str = "en") -> str:
    """The drawing, as SVG."""
    return _Drawing(kept, Sheet(width, language)).draw()
