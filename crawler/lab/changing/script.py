"""The five stages of the site that changes, from a seed."""

from collections.abc import Iterator
from functools import cache
from random import Random

from crawler.lab.changing.editing import Editor
from crawler.lab.changing.page import Page, Serves, new_page
from crawler.lab.changing.stage import LONG, SHORT, STAGES, Pages, Stage
from crawler.lab.changing.words import names, title_of

SECTIONS = 6
OF_EACH = 7
"""Pages that answer in each of the ways, beside the sections and the start page."""
_WELL = (Serves.STRONG, Serves.APACHE, Serves.NGINX, Serves.WEAK, Serves.DATED, Serves.BOTH)
"""How the sections answer."""


@cache
def script(seed: int) -> tuple[Stage, ...]:
    """The five stages."""
    chance = Random(seed)  # noqa: S311 - must be repeatable
    free = iter(names(chance))
    stages = [Stage(1, _first(chance, free), ())]
    while len(stages) < STAGES:
        editor = Editor(stages[-1], chance, free)
        editor.edit()
        stages.append(Stage(editor.stage, editor.pages, tuple(editor.edits)))
    return tuple(stages)


def _first(chance: Random, free: Iterator[str]) -> Pages:
    sections = [f"/{next(free)}/" for _ in range(SECTIONS)]
    ways = [way for way in Serves for _ in range(OF_EACH)]
    chance.shuffle(ways)
    leaves = []
    for number, way in enumerate(ways):
        words = SHORT + (LONG - SHORT) * number // len(ways)
        leaves.append(new_page(f"{sections[number % SECTIONS]}{next(free)}", words, way, chance))
    pages = {page.path: page for page in leaves}
    paths = list(pages)
    for path in paths:
        for to in chance.sample(paths, 3):
            pages[path] = pages[path].linking(1, to, title_of(to))
    for section, way in zip(sections, _WELL, strict=True):
        below = [path for path in paths if path.startswith(section)]
        page = new_page(section, 80, way, chance).linking(1, "/", "Start")
        for path in below:
            page = page.linking(1, path, title_of(path))
        newest = f"{section}newest"
        pages[newest] = Page(newest, status=302, to=chance.choice(below))
        pages[section] = page.linking(1, newest, "Newest")
    start = new_page("/", 60, Serves.BOTH, chance)
    for section in sections:
        start = start.linking(1, section, title_of(section))
    return pages | {"/": start}
