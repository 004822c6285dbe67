"""How often the hash of a page's text is wrong, and how often a SimHash of its words would be.

    python benchmarks/near_duplicates.py
    python benchmarks/near_duplicates.py --pages 100 --no-save

The pages are those of Debian's documentation packages. Each is changed in ways that are no change (another
date, time, counter or build number in a footer) and in ways that are one (a word, a sentence or a paragraph
edited), on the whole page and on its first thirty words. Told wrong is a footer that makes a change, and an
edit that makes none. Then all pages of a site are compared with each other: told wrong are pairs that are
called near though their texts, without numbers, differ. The SimHash is the usual one: 64 bits, xxh3 of each
word, near with at most three differing bits. Results go into ``results/near_duplicates.json``.
"""

import argparse
import random
import re
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from itertools import combinations
from typing import NamedTuple

import report
import sites
from xxhash import xxh3_64_intdigest

from crawler.parse.html import parse_html
from crawler.rules.near_duplicates import LONG_ENOUGH, are_near, near_hash

DISTANCE = 3
"""Bits, as in "Detecting near-duplicates for web crawling" (Manku, Jain, Das Sarma, 2007)."""
SHORT = 30
"""Words."""
FOOTERS = {
    "date": ("Last updated on Saturday, 28 November 2026", "Last updated on Sunday, 1 February 2027"),
    "time": ("Page generated at 9:45:01 am UTC", "Page generated at 10:07:33 pm UTC"),
    "counter": ("You are visitor 999", "You are visitor 1,000"),
    "build": ("Build v3.11.2-g1a2b3c4", "Build v3.12.0-gf00ba77"),
}


class Method(NamedTuple):
    """A hash, and when two of it are near."""

    hash: Callable[[str], int]
    are_near: Callable[[int, int], bool]


def simhash(text: str) -> int:
    """Of the words, in the textbook's way."""
    sums = [0] * 64
    for word, times in Counter(text.split()).items():
        digest = xxh3_64_intdigest(word.encode("utf-8", "replace"))
        for bit in range(64):
            sums[bit] += times if digest >> bit & 1 else -times
    return sum(1 << bit for bit, total in enumerate(sums) if total > 0)


METHODS = {
    "ours": Method(partial(near_hash, is_one_line=True), are_near),
    "SimHash": Method(simhash, lambda one, other: (one ^ other).bit_count() <= DISTANCE),
}


def texts_of(site: str, most: int) -> list[str]:
    """The visible texts of a site's pages, evenly spread; none without words. Raises SiteMissing."""
    files = sorted(sites.root_of(site).rglob("*.html"))
    if not files:
        raise sites.SiteMissing(f"there are no pages in {sites.root_of(site)}")
    step = max(1, len(files) // most)
    pages = (parse_html(path.read_bytes(), "text/html", "http://a/").text for path in files[::step][:most])
    return [text for text in pages if len(text.split()) > SHORT]


def edited(text: str, chance: random.Random) -> Iterable[tuple[str, str]]:
    """The text with a word, a sentence and a paragraph changed, each somewhere, by what was done."""
    words = text.split()
    at = chance.choice([place for place, word in enumerate(words) if word.isalpha()] or [0])
    yield "word", " ".join([*words[:at], f"{words[at]}ly", *words[at + 1 :]])
    sentence = "This has been rewritten since, and says something else now."
    yield "sentence", " ".join([*words[:at], sentence, *words[at + 8 :]])
    yield "paragraph", " ".join([*words[:at], *[sentence] * 5, *words[at + 60 :]])


def changes(texts: list[str], method: Method) -> dict[str, float]:
    """The share of wrong answers, in percent, by kind of change."""
    chance, wrong, asked = random.Random(1), Counter[str](), Counter[str]()
    for text in texts:
        hashed = method.hash(text)
        for kind, (one, other) in FOOTERS.items():
            asked[kind] += 1
            pair = (method.hash(f"{text} {footer} All rights reserved.") for footer in (one, other))
            wrong[kind] += not method.are_near(*pair)
        for kind, other in edited(text, chance):
            asked[kind] += 1
            wrong[kind] += method.are_near(hashed, method.hash(other))
    return {kind: round(100 * wrong[kind] / asked[kind], 2) for kind in asked}


def pairs(texts: list[str], method: Method) -> int:
    """How many pairs of pages are called near and are not the same without their numbers."""
    by_hash: dict[int, list[str]] = defaultdict(list)
    for text in texts:
        hashed = method.hash(text)
        if method is not METHODS["ours"] or hashed & LONG_ENOUGH:
            by_hash[hashed].append(text)
    near = sum(
        len(by_hash[one]) * len(by_hash[other])
        for one, other in combinations(by_hash, 2)
        if method.are_near(one, other)
    )
    for same in by_hash.values():
        near += sum(_bare(one) != _bare(other) for one, other in combinations(same, 2))
    return near


def _bare(text: str) -> str:
    return re.sub(r"\d+", "0", text)


def microseconds(texts: list[str], method: Method) -> float:
    """For a page, the median of five times all."""
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        for text in texts:
            method.hash(text)
        taken.append((time.perf_counter() - began) / len(texts))
    return round(statistics.median(taken) * 1e6, 1)


def main() -> None:
    """Ask both of every page, print, save."""
    parser = argparse.ArgumentParser(description="Wrong answers of the near-duplicate hash and of a SimHash.")
    parser.add_argument("--pages", type=int, default=150, help="of each site, at most (default 150)")
    parser.add_argument("--no-save", action="store_true", help="leave the results file as it is")
    options = parser.parse_args()
    before = report.machine()
    try:
        of_site = {name: texts_of(name, options.pages) for name in sites.DOCS if name != "openjdk-doc"}
    except sites.SiteMissing as reason:
        sys.exit(f"no figures: {reason}")
    whole = [text for texts in of_site.values() for text in texts]
    sets = {"whole pages": whole, f"{SHORT} words": [" ".join(text.split()[:SHORT]) for text in whole]}
    entry: dict[str, object] = {"machine": before, "pages": len(whole)}
    kinds = [*FOOTERS, "word", "sentence", "paragraph"]
    rows = [["wrong answers", *(f"{kind} %" for kind in kinds), "pairs", "µs a page"]]
    for name, method in METHODS.items():
        entry[name] = found = {}
        for what, texts in sets.items():
            wrong = changes(texts, method)
            is_whole = texts is whole
            count = sum(pairs(texts, method) for texts in of_site.values()) if is_whole else None
            taken = microseconds(texts, method)
            found[what] = {**wrong, "pairs": count, "us_a_page": taken}
            told = "" if count is None else f"{count:,}"
            rows.append([f"{name}, {what}", *(f"{wrong[kind]:g}" for kind in kinds), told, f"{taken:,.1f}"])
    report.print_table(f"{len(whole):,} pages, each changed in seven ways", rows)
    if not options.no_save:
        report.save("near_duplicates.json", "all", entry)


if __name__ == "__main__":
    main()
