"""Tour and ladder cannot rot: what they name is there, and both languages say the same of the same things."""

import posixpath
import re
from pathlib import Path

import pytest

from crawler.lab.registry import APART, EXPERIMENTS
from docs import DOCS, ROOT
from docs.site_code import anchor_of
from docs.site_languages import link_to_twin
from docs.site_pages import LINK

TOUR = [
    DOCS / "tour.md",
    *sorted(path for path in (DOCS / "tour").glob("*.md") if ".zh." not in path.name),
]
ENGLISH = [*TOUR, *sorted(path for path in (DOCS / "learn").glob("*.md") if ".zh." not in path.name)]
CHINESE = [path.with_suffix(".zh.md") for path in ENGLISH]
HEADING = re.compile(r"^(#+) ", re.MULTILINE)
EXPERIMENT = re.compile(r"`crawler lab ([\w-]+)`")
PATH = re.compile(r"`((?:crawler|tests|benchmarks|docs|examples)/[\w/.-]+)`")


def relative(path: Path) -> str:
    return path.relative_to(DOCS).as_posix()


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def links(page: Path) -> list[tuple[str, str]]:
    """Where each link leads, relative to the repository, and to which function there; in order.

    That to the page itself in the other language is not among them, nor are links to elsewhere and places in
    pages: these differ between languages, and ``docs/build_site.py`` looks for them.
    """
    text = page.read_text(encoding="utf-8").replace(link_to_twin(page.name), "", 1)
    here = page.parent.relative_to(ROOT).as_posix()
    led = [(match["target"], (match["anchor"] or "").removeprefix("#")) for match in LINK.finditer(text)]
    return [
        (posixpath.normpath(posixpath.join(here, target)), name if target.endswith(".py") else "")
        for target, name in led
        if "://" not in target
    ]


@pytest.mark.parametrize("page", ENGLISH + CHINESE, ids=relative)
def test_every_file_and_function_that_is_named_is_there(page: Path):
    named = [(path, "") for path in PATH.findall(page.read_text(encoding="utf-8"))] + links(page)
    assert named
    for path, name in named:
        assert (ROOT / path).exists(), path
        if name:
            anchor_of(path, name)  # raises LookupError


@pytest.mark.parametrize("page", ENGLISH + CHINESE, ids=relative)
def test_the_text_of_a_link_to_code_is_the_name_it_leads_to(page: Path):
    text = page.read_text(encoding="utf-8")
    for shown, name in re.findall(r"\[`([^`]+)`\]\([^)#]+#([^)]+)\)", text):
        assert shown == name


@pytest.mark.parametrize("page", ENGLISH + CHINESE, ids=relative)
def test_every_experiment_that_is_named_can_be_run(page: Path):
    named = set(EXPERIMENT.findall(page.read_text(encoding="utf-8")))
    assert named <= {*EXPERIMENTS, *APART, "NAME"}


def test_every_experiment_has_its_place_in_the_tour():
    text = "".join(page.read_text(encoding="utf-8") for page in TOUR)
    assert set(EXPERIMENTS) <= set(EXPERIMENT.findall(text))


@pytest.mark.parametrize(("english", "chinese"), list(zip(ENGLISH, CHINESE, strict=True)), ids=relative)
def test_both_languages_are_in_step(english: Path, chinese: Path):
    one, other = (without_code(page.read_text(encoding="utf-8")) for page in (english, chinese))
    assert HEADING.findall(one) == HEADING.findall(other)
    assert links(english) == [(path.replace(".zh.md", ".md"), name) for path, name in links(chinese)]
    assert EXPERIMENT.findall(one) == EXPERIMENT.findall(other)
    assert PATH.findall(one) == PATH.findall(other)
    assert re.findall(r"^\||^- ", one, re.MULTILINE) == re.findall(r"^\||^- ", other, re.MULTILINE)
