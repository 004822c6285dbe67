"""The street: its four stations, and for each what it runs on and where its work is really done.

Wide, there are three columns: coroutines of the event loop, threads of the main process, and other processes
with the files. Narrow, what a station hands its work to is below it.
"""

from docs.drawing.kept import Kept
from docs.drawing.street_parts import WORDS, Part, rows
from docs.drawing.svg import NARROW, At, Sheet
from docs.drawing.words import models

SHOWN = ("coroutine", "thread", "process", "queue", "pipe", "file")


class _Drawing:
    def __init__(self, kept: Kept, sheet: Sheet) -> None:
        self.sheet = sheet
        self.say = {key: words[sheet.language == "zh"] for key, words in WORDS.items()}
        self.rows = rows(kept, self.say)
        self.stations: dict[str, At] = {}
        """Where the first box of each row stands."""

    def part(self, part: Part, x: float, y: float, width: float) -> At:
        """One box, as high as its words need."""
        sheet, top, inside = self.sheet, y, x + 10
        mark, y = len(sheet.parts), y + 19
        if part.title:
            y = sheet.lines(inside, y, part.title, width - 20, "strong")
        for name in part.names:
            sheet.sign(part.model, inside, y - 10)
            y = sheet.lines(inside + 18, y, name, width - 30, "mono")
        if part.said:
            y = sheet.lines(inside, y, part.said, width - 20)
        at = At(x, top, width, y - top - 7)
        sheet.behind(mark, at, part.model)
        return at

    def queue(self, name: str, x: float, above: float, y: float) -> float:
        """A queue, with the arrows through it from the station ``above``; returns what is below."""
        sheet = self.sheet
        sheet.arrow((x + 14, above), (x + 14, y + 15))
        sheet.box(At(x, y + 17, 150, 24), "queue", 12)
        sheet.sign("queue", x + 12, y + 23)
        sheet.text(x + 32, y + 33, name, "mono")
        sheet.arrow((x + 14, y + 41), (x + 14, y + 56))
        return y + 58

    def draw(self) -> str:
        """All of it."""
        sheet = self.sheet
        y = sheet.lines(14, 26, self.say["title"], sheet.width - 28, "title") - 4
        y = sheet.legend(SHOWN, models(sheet.language), y)
        y = self.narrow(y) if sheet.is_narrow else self.wide(y)
        self.back()
        return sheet.svg(y + 12, self.say["title"])

    def back(self) -> None:
        """The ways back to the frontier, with what goes there written along them."""
        frontier, commit, parse = (self.stations[name] for name in ("frontier", "commit", "parse"))
        for start, x, y, said in (
            (commit, frontier.x - 28, frontier.y + 12, "done"),
            (parse, frontier.x - 10, frontier.bottom - 12, "links"),
        ):
            self.sheet.arrow((start.x, start.y + 16), (x, start.y + 16), (x, y), (frontier.x - 1, y))
            self.sheet.along(x - 5, (start.y + frontier.bottom) / 2, self.say[said])

    # -- wide ------------------------------------------------------------------------------------------

    def wide(self, top: float) -> float:
        """Three columns; the first two are the main process."""
        sheet = self.sheet
        columns = [At(74, 0, 200, 0), At(308, 0, 158, 0), At(500, 0, 176, 0)]
        mark = len(sheet.parts)
        sheet.sign("process", 24, top + 9)
        sheet.text(42, top + 19, self.say["main"], "strong")
        for column, key in zip(columns, ("loop", "threads", "processes"), strict=True):
            sheet.text(column.x, top + 42, self.say[key], "dim")
        y = top + 54
        for name, parts, queue in self.rows:
            first, *others = parts
            at = self.stations[name] = self.part(first, columns[0].x, y, columns[0].width)
            low = self.writing(others, at, columns) if name == "commit" else self.beside(others, at, columns)
            if name == "frontier":
                sheet.arrow((at.x + 14, at.bottom), (at.x + 14, low + 24))
                sheet.text(at.x + 24, low + 18, self.say["leases"], "dim")
                y = low + 26
            else:
                y = max(self.queue(queue, at.x, at.bottom, at.bottom), low + 10) if queue else low
        sheet.behind(mark, At(14, top, 466, y + 12 - top), "process-frame", 8)
        return y + 14

    def beside(self, parts: list[Part], at: At, columns: list[At]) -> float:
        """What a station hands its work to, and gets it back from; returns what is below."""
        low = at.bottom
        for part, column in zip(parts, columns[1:], strict=False):
            box = self.part(part, column.x, at.y, column.width)
            line = box.y + min(box.height, 40) / 2
            self.sheet.arrow((at.right + 1, line), (box.x - 1, line), both=True)
            if part.pipe:
                self.sheet.sign(part.pipe, (at.right + box.x) / 2 - 6, line - 6)
            at, low = box, max(low, box.bottom)
        return low

    def writing(self, parts: list[Part], at: At, columns: list[At]) -> float:
        """From the commit station to the writer and back; returns what is below."""
        feeder, writer, records, events = parts
        sheet, (_, threads, processes) = self.sheet, columns
        feeding = self.part(feeder, threads.x, at.y, threads.width)
        hearing = self.part(events, threads.x, feeding.bottom + 12, threads.width)
        writing = self.part(writer, processes.x, at.y, processes.width)
        # Further in: what the writer says goes down beside it.
        kept = self.part(records, processes.x + 40, hearing.bottom - 29, processes.width - 40)
        sheet.arrow((kept.x + 20, writing.bottom), (kept.x + 20, kept.y - 1))
        out, middle = at.y + 16, (feeding.right + writing.x) / 2
        sheet.arrow((at.right, out), (feeding.x - 1, out))
        sheet.arrow((feeding.right, out), (writing.x - 1, out))
        sheet.sign("queue", middle - 8, out - 6)
        back = hearing.y + 16
        sheet.arrow((writing.x + 20, writing.bottom), (writing.x + 20, back), (hearing.right + 1, back))
        sheet.sign("pipe", middle - 6, back - 6)
        sheet.arrow((hearing.x, back), (at.right + 1, back))
        return max(kept.bottom, at.bottom)

    # -- narrow ----------------------------------------------------------------------------------------

    def narrow(self, y: float) -> float:
        """What a station hands its work to is below it, and further in."""
        sheet, left, width = self.sheet, 54, self.sheet.width - 54 - 12
        for name, parts, queue in self.rows:
            first, *others = parts
            at = self.stations[name] = self.part(first, left, y, width)
            if name == "commit":
                return self.writing_below(others, at)
            low = self.below(others, at)
            if name == "frontier":
                sheet.arrow((at.x + 14, at.bottom), (at.x + 14, low + 24))
                sheet.text(at.x + 24, low + 18, self.say["leases"], "dim")
            y = self.queue(queue, left, at.bottom, low) if queue else low + 26
        return y

    def below(self, parts: list[Part], at: At) -> float:
        """Boxes below, each further in than the one before it; returns what is below them."""
        for part in parts:
            x, y = at.x + 26, at.bottom + (20 if part.pipe else 10)
            box = self.part(part, x, y, at.right - x)
            start, line = at.x + 14, box.y + 16
            self.sheet.arrow((start, at.bottom), (start, line), (box.x - 1, line))
            if part.pipe:
                self.sheet.sign(part.pipe, start - 6, at.bottom + 5)
            at = box
        return at.bottom

    def writing_below(self, parts: list[Part], at: At) -> float:
        """The same for the commit station; what the writer says comes back on the right."""
        *down, events = parts
        sheet, inner = self.sheet, At(at.x + 8, at.y, at.width - 32, at.height)
        low = self.below(down, inner)
        hearing = self.part(events, inner.x + 26, low + 14, inner.width - 26)
        # The writer is the last but one of the boxes above: a file of one line is below it.
        writer, far = low - 50, inner.right + 14
        back = hearing.middle
        sheet.arrow((inner.right, writer), (far, writer), (far, back), (hearing.right + 1, back))
        sheet.sign("pipe", far - 6, (writer + back) / 2 - 6)
        sheet.arrow((hearing.x, back), (at.x + 10, back), (at.x + 10, at.bottom + 1))
        return hearing.bottom


def draw(kept: Kept, width: int = NARROW, language: str = "en") -> str:
    """The drawing, as SVG."""
    return _Drawing(kept, Sheet(width, language)).draw()
