"""Pieces of a drawing, and their colours: green is a coroutine, orange a thread, blue a process.

These are the colours of the lab's pictures, too. Nothing is told by colour alone: each model has a sign.
A drawing is as wide as the column of the site that shows it, so nothing in it is shown smaller than drawn.
"""

import re
from html import escape
from typing import NamedTuple

WIDE, NARROW = 688, 343
"""Width of the site's column on a screen and on a telephone."""
SIZE, MONO = 12.5, 12.0
"""Of the letters, in pixels."""
LINE = 16
MODELS = ("coroutine", "thread", "process", "pool", "queue", "pipe", "file")
STYLE = """
  .back{fill:#fff;stroke:#c9ced6}
  text{font:12.5px system-ui,'Noto Sans','DejaVu Sans',Arial,'PingFang SC','Noto Sans CJK SC',
    'Microsoft YaHei','WenQuanYi Micro Hei',sans-serif;fill:#1f2430}
  .mono{font:12px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace} .strong{font-weight:700}
  .title{font-size:15px;font-weight:700} .dim{fill:#4d5566}
  .line{fill:none;stroke:#4d5566;stroke-width:1.6} .head{fill:#4d5566}
  .plain{fill:#f2f4f7;stroke:#8a93a5}
  .coroutine{fill:#dff3ea;stroke:#009e73} .thread{fill:#fdf0d0;stroke:#e69f00}
  .process,.pool{fill:#dcecf8;stroke:#0072b2} .queue,.pipe{fill:#f8e6f0;stroke:#cc79a7}
  .file{fill:#eef0f3;stroke:#6b7385} .process-frame,.thread-frame{fill:none;stroke-width:1.6}
  .process-frame{stroke:#0072b2} .thread-frame{stroke:#e69f00}
  .bar.coroutine{fill:#009e73} .bar.thread{fill:#e69f00} .bar.process{fill:#0072b2}
  @media (prefers-color-scheme: dark) {
    .back{fill:#171a21;stroke:#3a4150} text{fill:#e8ebf2} .dim{fill:#b4bccb}
    .line{stroke:#b4bccb} .head{fill:#b4bccb} .plain{fill:#232833;stroke:#7a8498}
    .coroutine{fill:#0c3a2d;stroke:#2fc79a} .thread{fill:#43330c;stroke:#e69f00}
    .process,.pool{fill:#0d3049;stroke:#56a9e0} .queue,.pipe{fill:#452438;stroke:#cc79a7}
    .file{fill:#2a303b;stroke:#9aa3b4} .process-frame{stroke:#56a9e0}
  }"""
HEAD = (
    '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7"'
    ' orient="auto-start-reverse"><path d="M0,0 L10,5 L0,10 z" class="head"/></marker></defs>'
)
"""Of an arrow."""
_CJK = "\u2e80-\u9fff\uff00-\uffef"
_PIECE = re.compile(rf"[{_CJK}][，。；：、）”]*|[^\s{_CJK}]+|\s+")


class At(NamedTuple):
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower side."""
        return self.y + self.height

    @property
    def middle(self) -> float:
        """Half its height."""
        return self.y + self.height / 2


def width_of(said: str, style: str = "") -> float:
    """About how wide a text is, in a font that is rather wide."""
    if "mono" in style:
        return sum(MONO if re.match(f"[{_CJK}]", letter) else 0.61 * MONO for letter in said)
    size = 15.0 if "title" in style else SIZE
    wide = sum(
        1.0 if re.match(f"[{_CJK}]", letter) else 0.36 if letter in "iljft.,:;'|!() " else 0.63
        for letter in said
    )
    return wide * size * (1.08 if "strong" in style or "title" in style else 1.0)


def wrapped(said: str, width: float, style: str = "") -> list[str]:
    """The text in lines that are not wider."""
    lines = [""]
    for piece in _PIECE.findall(said):
        if lines[-1].strip() and width_of((lines[-1] + piece).rstrip(), style) > width:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines if line.strip()]


class Sheet:
    """A drawing that grows."""

    def __init__(self, width: int, language: str) -> None:
        self.width, self.language = width, language
        self.is_narrow = width == NARROW
        self.parts: list[str] = []

    def text(self, x: float, y: float, said: str, style: str = "", anchor: str = "start") -> None:
        """One line of text, on the line ``y``."""
        kind = f' class="{style}"' if style else ""
        where = f' text-anchor="{anchor}"' if anchor != "start" else ""
        self.parts.append(f'<text x="{x:g}" y="{y:g}"{kind}{where}>{escape(said)}</text>')

    def lines(self, x: float, y: float, said: str, width: float, style: str = "dim") -> float:
        """Wrapped text whose first line is ``y``; returns the line after its last."""
        for line in wrapped(said, width, style):
            self.text(x, y, line, style)
            y += LINE
        return y

    def along(self, x: float, y: float, said: str) -> None:
        """Text that is read from below, with its middle there."""
        turned = f'transform="rotate(-90 {x:g} {y:g})"'
        self.parts.append(
            f'<text x="{x:g}" y="{y:g}" class="dim" text-anchor="middle" {turned}>{escape(said)}</text>'
        )

    def box(self, at: At, style: str, radius: float = 6) -> None:
        """A rectangle."""
        where = f'x="{at.x:g}" y="{at.y:g}" width="{at.width:g}" height="{at.height:g}"'
        self.parts.append(f'<rect {where} rx="{radius:g}" class="{style}"/>')

    def behind(self, mark: int, at: At, style: str, radius: float = 6) -> None:
        """A rectangle behind all that was drawn since there were ``mark`` parts."""
        self.box(at, style, radius)
        self.parts.insert(mark, self.parts.pop())

    def arrow(self, *points: tuple[float, float], both: bool = False) -> None:
        """A line through ``points``, with a head at its end, or at both."""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        start = ' marker-start="url(#head)"' if both else ""
        self.parts.append(f'<polyline points="{path}" class="line" marker-end="url(#head)"{start}/>')

    def sign(self, model: str, x: float, y: float) -> None:
        """The sign of a model, in a square of 12 by 12 whose corner is there."""
        shape = {
            "coroutine": f'<circle cx="{x + 6:g}" cy="{y + 6:g}" r="5"',
            "thread": f'<path d="M{x + 2:g},{y:g}h3l4,6l-4,6h-3l4,-6z"',
            "process": f'<rect x="{x + 1:g}" y="{y + 1:g}" width="10" height="10"',
            "pool": f'<path d="M{x + 4:g},{y:g}h8v8h-3v4h-8v-8h3zM{x + 1:g},{y + 4:g}h8v8"',
            "queue": f'<path d="M{x:g},{y + 2:g}h12v8h-12zM{x + 4:g},{y + 2:g}v8M{x + 8:g},{y + 2:g}v8"',
            "pipe": f'<rect x="{x:g}" y="{y + 3:g}" width="12" height="6" rx="3"',
            "file": f'<path d="M{x + 2:g},{y:g}h6l3,3v9h-9z"',
        }[model]
        self.parts.append(f'{shape} class="{model}" stroke-width="1.6"/>')

    def entry(
        self, model: str, x: float, y: float, name: str, said: str, width: float, many: str = ""
    ) -> float:
        """A sign, a name in the code, how many, and what for; ``y`` is above it, returns what is below."""
        self.sign(model, x, y)
        y = self.lines(x + 18, y + 10, f"{name} {many}".strip(), width - 18, "mono strong")
        return self.lines(x + 18, y, said, width - 18) - 8 if said else y - 8

    def legend(self, models: tuple[str, ...], names: dict[str, str], y: float) -> float:
        """A sign and a word for each; returns the line below."""
        x = 14.0
        for model in models:
            wide = 18 + width_of(names[model]) + 16
            if x + wide - 16 > self.width - 10:
                x, y = 14.0, y + 20
            self.sign(model, x, y)
            self.text(x + 17, y + 10, names[model], "dim")
            x += wide
        return y + 24

    def svg(self, height: float, title: str) -> str:
        """The whole drawing, so high."""
        size = f"{self.width} {height:.0f}"
        language = {"zh": "zh-Hans"}.get(self.language, self.language)
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img" lang="{language}"'
                f' width="{self.width}" height="{height:.0f}">',
                f"<title>{escape(title)}</title>",
                f"<style>{STYLE}\n</style>",
                HEAD,
                f'<rect x="0.5" y="0.5" width="{self.width - 1}" height="{height - 1:.0f}" rx="10"'
                ' class="back"/>',
                *self.parts,
                "</svg>",
                "",
            ]
        )
