"""The drawings of the documentation, as SVG in ``docs/drawings/``.

``python -m docs`` draws them all from what is kept there of a real crawl, in ``started.json``; a test
compares them with what the code draws now, and what is kept with what a crawl starts now. Whoever has added a
thread says in ``docs/drawing/words.py`` what it is for; then ``python -m docs.make_drawings`` crawls, keeps
what it has seen, and draws that.

Each drawing is there wide and narrow, in English and in Chinese. Pages show them so, on GitHub too::

    <picture>
    <source media="(max-width: 640px)" srcset="drawings/street.narrow.svg">
    <img src="drawings/street.svg" alt="The four stations …">
    </picture>
"""

import json
from collections.abc import Iterator

from docs.drawing import ladder, pool, processes, street
from docs.drawing.kept import DRAWINGS, STARTED, Kept, kept
from docs.drawing.svg import NARROW, WIDE
from docs.drawing.words import DESCRIPTIONS

OF_A_CRAWL = {"street": street.draw, "processes": processes.draw, "pool": pool.draw}
LANGUAGES = ("en", "zh")


def file_name(name: str, width: int, language: str) -> str:
    """That of a drawing in one shape and language."""
    return f"{name}{'.zh' if language == 'zh' else ''}{'.narrow' if width == NARROW else ''}.svg"


def drawn(seen: Kept | None = None) -> Iterator[tuple[str, str]]:
    """Every file, by name, and what is to be in it; of what was ``seen``, or of what is kept."""
    seen = seen or kept()
    for language in LANGUAGES:
        for width in (WIDE, NARROW):
            for name, draw in OF_A_CRAWL.items():
                yield file_name(name, width, language), draw(seen, width, language)
            yield file_name("ladder", width, language), ladder.draw(width, language)


def picture(name: str, to_drawings: str = "drawings/", language: str = "en") -> list[str]:
    """The lines that show a drawing on a page; ``to_drawings`` leads from it to their folder."""
    narrow, wide = (to_drawings + file_name(name, width, language) for width in (NARROW, WIDE))
    return [
        "<picture>",
        f'<source media="(max-width: 640px)" srcset="{narrow}">',
        f'<img src="{wide}" alt="{DESCRIPTIONS[name][language == "zh"]}">',
        "</picture>",
    ]


def write() -> None:
    """Draw all of them."""
    for name, text in drawn():
        (DRAWINGS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    from tests.what_starts import seen

    STARTED.write_text(json.dumps(seen(), indent=1) + "\n", encoding="utf-8")
    write()
