"""A page of the site that changes: what it says, and what is written for it.

What it says are plain values, so that two stages of a page can be compared without reading HTML. What
visitors do not take for a change is apart from that: see :class:`Cosmetic`.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import permutations
from random import Random
from typing import Self

from crawler.lab.changing.words import paragraph, title_of


class Serves(StrEnum):
    """How a URL answers who asks whether it has changed (RFC 9110 sections 8.8 and 13)."""

    STRONG = "a strong ETag"
    WEAK = "a weak ETag"
    APACHE = "ETags of coded answers end in -gzip, and no other one is known"
    NGINX = "ETags of coded answers are weakened"
    DATED = "Last-Modified alone"
    BOTH = "ETag and Last-Modified"
    NOTHING = "no validators"
    DEAF = "both, and every page whole whatever was asked"
    STUCK = "the same ETag for ever, also when the page has changed"
    RESTLESS = "a new ETag each time, also when the page has not changed"
    FUTURE = "Last-Modified in the future"
    UNDATED = "Last-Modified that is no date"

    @property
    def is_honest(self) -> bool:
        """Whether a 304 is true. A crawler cannot know, and has to believe it."""
        return self is not Serves.STUCK


class Cosmetic(StrEnum):
    """What changes in a page that says the same."""

    DATE = "the date in the footer"
    TIME = "the time in the footer"
    COUNTER = "the counter in the footer"
    SPACE = "white space"
    COMMENT = "a comment"
    ATTRIBUTES = "the order of attributes"
    NONCE = "a hidden field"


@dataclass(frozen=True)
class Page:
    """One URL at one stage."""

    path: str
    title: str = ""
    paragraphs: tuple[tuple[str, ...], ...] = ()
    """Of sentences."""
    links: tuple[str, ...] = ()
    """Paths, in order."""
    labels: tuple[str, ...] = ()
    """What the links are called."""
    serves: Serves = Serves.STRONG
    canonical: str | None = None
    status: int = 200
    to: str | None = None
    """Where a redirect leads."""
    look: tuple[Cosmetic, int] | None = None
    """What is cosmetic in it, and which stage that is of."""
    stage: int = 1
    """In which anything of it changed last."""

    def edited(self, stage: int, **changes: object) -> Self:
        """The same page from ``stage`` on."""
        return replace(self, stage=stage, **changes)  # type: ignore[arg-type]

    def linking(self, stage: int, path: str, label: str) -> Self:
        """With one more link."""
        return self.edited(stage, links=(*self.links, path), labels=(*self.labels, label))

    def unlinking(self, stage: int, path: str) -> Self:
        """Without its links to ``path``."""
        kept = [pair for pair in zip(self.links, self.labels, strict=True) if pair[0] != path]
        return self.edited(
            stage, links=tuple(link for link, _ in kept), labels=tuple(label for _, label in kept)
        )

    @property
    def text(self) -> tuple[object, ...]:
        """What is visible of it, without what is cosmetic."""
        return self.paragraphs, self.labels

    def body(self) -> bytes:
        """The HTML of it, at this stage."""
        orders = list(permutations(('id="text"', 'class="page"', 'lang="en"')))
        attributes = orders[self._varied(Cosmetic.ATTRIBUTES) % len(orders)]
        gap = "\n" * (1 + self._varied(Cosmetic.SPACE))
        canonical = "" if self.canonical is None else f'<link rel="canonical" href="{self.canonical}">'
        text = gap.join(f"<p>{' '.join(sentences)}</p>" for sentences in self.paragraphs)
        items = gap.join(
            f'<li><a href="{link}">{label}</a></li>'
            for link, label in zip(self.links, self.labels, strict=True)
        )
        return (
            f'<!doctype html>{gap}<meta charset="utf-8">{gap}<title>{self.title}</title>{canonical}{gap}'
            f"<main {' '.join(attributes)}>{gap}{text}{gap}<ul>{gap}{items}{gap}</ul>{gap}</main>{gap}"
            f"<!-- built by job {4_000 + self._varied(Cosmetic.COMMENT)} -->{gap}"
            f'<form><input type="hidden" name="nonce" value="{977 * (1 + self._varied(Cosmetic.NONCE)):x}">'
            f"</form>{gap}<footer>Last seen to on {3 + self._varied(Cosmetic.DATE)} September 2024 at"
            f" {9 + self._varied(Cosmetic.TIME)}:4{self._varied(Cosmetic.TIME)}, visitor number"
            f" {996 + self._varied(Cosmetic.COUNTER)}.</footer>{gap}"
        ).encode()

    def _varied(self, kind: Cosmetic) -> int:
        return self.look[1] if self.look is not None and self.look[0] is kind else 0


def new_page(path: str, words: int, serves: Serves, chance: Random, stage: int = 1) -> Page:
    """A page of about so many words, without links."""
    paragraphs = []
    while words > 0:
        size = min(words, chance.randint(20, 90))
        paragraphs.append(paragraph(size, chance))
        words -= size
    return Page(path, title_of(path), tuple(paragraphs), serves=serves, stage=stage)
