"""The suggested new places, on a small site that a script has moved: right in nine of ten, or silent."""

import random
from collections import Counter
from pathlib import Path

import mending
import pytest
from alike_pages import with_pairs
from moved_site import WORDS, Moved

from tests.crawls import crawl

FOLDERS = ("guide", "tour", "guide/deep", "notes", "history", "reference")
PAGES = 12
"""In each folder."""


def generated(seed: int) -> dict[str, str]:
    """Files of a site: pages with a text, a title and ids of their own, which link to each other."""
    chance = random.Random(seed)
    paths = [f"{folder}/{one}-{other}.html" for folder in FOLDERS for one, other in _pairs(chance)]
    files = {}
    for path in paths:
        told = " ".join([*chance.choices(WORDS, k=2), path[:-5].replace("/", " ")])
        links = [(chance.choice(paths), number) for number in range(8)]
        body = "".join(
            f'<section id="{"-".join(chance.choices(WORDS, k=3))}"><h2>{told} {number}</h2>'
            f'<p>{" ".join(chance.choices(WORDS, k=30))}, as <a href="/{to}">it is told</a>.</p></section>'
            for to, number in links
        )
        head = f'<meta charset="utf-8"><title>{told.title()} – The site</title>'
        files[path] = (
            f'<!doctype html><html lang="en"><head>{head}</head><body><h1>{told}</h1>{body}</body></html>'
        )
    links = "".join(f'<li><a href="{path}">{number}</a>' for number, path in enumerate(paths))
    files["index.html"] = (
        f"<!doctype html><html lang=en><title>All pages</title><body><ul>{links}</ul></body></html>"
    )
    return files


def _pairs(chance: random.Random) -> list[tuple[str, str]]:
    return chance.sample([(one, other) for one in WORDS for other in WORDS if one != other], PAGES)


def written(site: Moved, folder: Path) -> Path:
    site.write(folder)
    return folder


def moved(seed: int) -> Moved:
    """In several ways at once."""
    site = Moved(generated(seed), seed)
    site.delete(0.15)
    site.move_folders(0.2)
    site.rename(0.2)
    site.resuffix(0.1)
    site.scatter(0.2)
    site.edit(0.5)
    return site


@pytest.mark.parametrize("seed", [1, 2])
def test_nine_of_ten_are_right_and_what_was_deleted_gets_none(tmp_path, seed):
    site = moved(seed)
    for name, each in (("before", Moved(generated(seed), seed)), ("after", site)):
        folder = written(each, tmp_path / name)
        assert crawl("check", folder, "-q", "-o", tmp_path / f"out-{name}").returncode in (0, 1)
    known = Counter(
        verdict for _, verdict in mending.judged(site, tmp_path / "out-after", tmp_path / "out-before")
    )
    alone = Counter(verdict for _, verdict in mending.judged(site, tmp_path / "out-after", None))
    assert known["well silent"] >= 5, "some were deleted"
    assert alone["well silent"] == known["well silent"], "no suggestion is for what was deleted"
    for found in (known, alone):
        assert found["right"] >= 9 * found["wrong"]
    assert known["right"] > known["silent"] + known["wrong"], "at least half of what has moved is found"
    assert alone["right"] >= 5


@pytest.mark.parametrize("seed", [1, 2])
def test_of_two_pages_that_are_alike_the_one_that_is_left_is_not_suggested_for_the_other(tmp_path, seed):
    files, pairs = with_pairs(generated(seed), seed, part=0.5)
    site = Moved(files, seed, pairs=pairs)
    site.delete_pairs()
    for name, each in (("before", Moved(files, seed)), ("after", site)):
        folder = written(each, tmp_path / name)
        assert crawl("check", folder, "-q", "-o", tmp_path / f"out-{name}").returncode in (0, 1)
    known = Counter(
        verdict for _, verdict in mending.judged(site, tmp_path / "out-after", tmp_path / "out-before")
    )
    assert known == {"well silent": len(pairs)}
    alone = Counter(verdict for _, verdict in mending.judged(site, tmp_path / "out-after", None))
    assert alone["well silent"] >= 9 * alone["wrong"], "pages that differ in case alone, and are linked apart"
    assert alone.total() == len(pairs)
