"""Pages that are alike for good reason, for :mod:`mending`: where one is gone, the other is not its place."""

import random
from pathlib import PurePosixPath
from posixpath import dirname, join, relpath

ALIKE = (
    ("{}-en", "{}-es"),
    ("{}-uk", "{}-us"),
    ("fr/{}", "en/{}"),
    ("3.11/{}", "3.12/{}"),
    ("{}-v1.10", "{}-v11.0"),
    ("{}-2024q1", "{}-2024q2"),
    ("{}-part-i", "{}-part-v"),
    ("{}-a", "{}-b"),
    ("{}/invert", "{}/insert"),
    ("{}/causal", "{}/casual"),
    ("{}/_thread", "{}/thread"),
    ("{}/Pattern", "{}/pattern"),
    ("{}/c++", "{}/c"),
)
"""Their names: languages, versions, series, letters, and words that are near each other."""


def with_pairs(files: dict[str, str], seed: int, part: float = 0.15) -> tuple[dict[str, str], list[str]]:
    """The same site with pairs of such pages beside a part of its own, and the first one of each pair.

    Each has words of its own, and links say its name. Both of every second pair are linked to from one page.
    """
    chance = random.Random(seed)
    made, firsts = dict(files), []
    chosen = chance.sample(sorted(files), round(part * len(files)))
    for number, path in enumerate(chosen):
        folder, stem = dirname(path), PurePosixPath(path).stem
        pair = [join(folder, f"{way.format(stem)}.html") for way in ALIKE[number % len(ALIKE)]]
        for place in pair:
            title = f"{stem} {PurePosixPath(place).stem} – The pairs"
            made[place] = _page(title, " ".join(chance.choices(stem.split("-") + title.split(), k=90)))
        linking = [path, path if number // len(ALIKE) % 2 else chance.choice(chosen)]
        for one, place in zip(linking, pair, strict=True):
            link = f'<p><a href="{relpath(place, dirname(one) or ".")}">{PurePosixPath(place).stem}</a></p>'
            made[one] = made[one].replace("</body>", f"{link}</body>")
        firsts.append(pair[0])
    return made, firsts


def _page(title: str, words: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><title>{title}</title></head>'
        f"<body><h1>{title}</h1><p>{words}.</p></body></html>"
    )
