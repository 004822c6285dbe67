"""The lessons: a file for each experiment, named as the experiment's own.

Each has a ``LESSON``: the claim as a question, what to guess before, what follows from it, and an exercise.
"""

import ast
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from crawler.lab.lesson import Lesson
from crawler.lab.registry import EXPERIMENTS

_ELSEWHERE = "In this program:"
"""How a paragraph begins that says what a lesson's places say."""


def lesson_of(name: str) -> Lesson:
    """The lesson of an experiment."""
    lesson: Lesson = import_module(f"{__name__}.{_stem(name)}").LESSON
    return lesson


def solution_of(name: str) -> str:
    """Where the exercise's solution is, from the repository's top."""
    return f"examples/exercises/{_stem(name)}.py"


def source_of(name: str) -> Path:
    """The experiment's file. It is not run for that."""
    found = find_spec(EXPERIMENTS[name][0])
    if found is None or found.origin is None:
        raise ValueError(f"unreachable: the experiment {name} has a file")
    return Path(found.origin)


def shown(source: Path) -> str:
    """A file of this package as one names it, such as ``crawler/lab/experiments/gil.py``."""
    above = Path(__file__).parents[3]
    return source.relative_to(above).as_posix() if source.is_relative_to(above) else source.name


def why(name: str) -> str:
    """Why it is so: the experiment's docstring without its headline, in reStructuredText."""
    text = ast.get_docstring(ast.parse(source_of(name).read_text("utf-8"))) or ""
    _, *paragraphs = text.split("\n\n")
    return "\n\n".join(paragraph for paragraph in paragraphs if not paragraph.startswith(_ELSEWHERE))


def _stem(name: str) -> str:
    return EXPERIMENTS[name][0].rpartition(".")[2]
