"""The rules of thumb that may say where something is now, and how often each was right."""

from typing import NamedTuple

from crawler.check.finding import Mend

LEAST = 0.9
"""A rule that was right less often does not speak."""


class Thumb(NamedTuple):
    """A rule of thumb."""

    why: str
    """For people, half a sentence; see :class:`~crawler.check.finding.Mend`."""
    known: float
    """The part of what it said that was right, where an earlier crawl had what is dead; rounded down."""
    unknown: float
    """The same where there was none."""


# By benchmarks/mending.py, in results/mending.json. What was said too seldom with an earlier crawl, as by
# other-suffix, has the figure without one; of less than a hundred cases, 0.95 is the most.
THUMBS: dict[str, Thumb] = {
    "same-content": Thumb("it has the content that was there", 0.99, 0.0),
    "same-text": Thumb("it has the text that was there", 0.99, 0.0),
    "same-title": Thumb("it has the title of what was there", 0.95, 0.0),
    "other-suffix": Thumb("it is the same but for the suffix", 0.99, 0.99),
    "same-letters": Thumb("it is the same but for case and what joins the words", 0.95, 0.95),
    "moved-folder": Thumb("the others of its folder are there now", 0.95, 0.95),
    "same-name": Thumb("only that page has its name", 0.95, 0.0),
    "moved-section": Thumb("only that page has the id, and had it not before", 0.99, 0.99),
    "same-letters-id": Thumb("it is the same but for case and punctuation", 0.99, 0.99),
    "same-place-id": Thumb("it stands where the missing one did", 0.99, 0.0),
}


def speaks(rule: str, *, is_known: bool) -> bool:
    """Whether a rule is sure enough; ``is_known``: an earlier crawl had what is dead."""
    return _sure(rule, is_known=is_known) >= LEAST


def mend_by(rule: str, target: str, *, is_known: bool) -> Mend | None:
    """What a rule says, if it is sure enough."""
    sure = _sure(rule, is_known=is_known)
    return Mend(target, rule, THUMBS[rule].why, sure) if sure >= LEAST else None


def _sure(rule: str, *, is_known: bool) -> float:
    return THUMBS[rule].known if is_known else THUMBS[rule].unknown
