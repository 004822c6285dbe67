"""The findings as the page's scripts read them: one JSON object, written as it is made, and bounded."""

import json
from collections.abc import Iterable, Iterator

from crawler.check.finding import Finding, Result
from crawler.check.reports.words import said
from crawler.check.rules import RULES
from crawler.model.findings import SEVERITIES
from crawler.watch.words import on_one_line, visible

MOST = 100_000
"""Places that are on the page, and findings: about 10 MB, which a browser filters between two key presses."""
MOST_CHARACTERS = 60_000_000
"""Of all of them: a site may have very long URLs."""
_LONGEST = 2_000
"""Characters of one text."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Texts:
    """Each text once, by its number: a page is named by many places, and a link's text by all of its menu."""

    def __init__(self) -> None:
        self._numbers = {"": 0}
        self.characters = 0

    def number_of(self, text: str) -> int:
        """Its number, as of :meth:`__iter__`."""
        if text not in self._numbers:
            self._numbers[text] = len(self._numbers)
            self.characters += len(text)
        return self._numbers[text]

    def known(self, text: str) -> int | None:
        """Its number, if it has one."""
        return self._numbers.get(text)

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)


def data(result: Result, most: int = MOST, most_characters: int = MOST_CHARACTERS) -> Iterator[str]:
    """The pieces of the object, which ``data.js`` describes.

    Of each finding at most so many places are in it that all together are ``most``, and at most ``most``
    findings, the worst first; none after ``most_characters``.
    """
    shown = result.findings[:most]
    share = even_share((finding.places_count for finding in shown), most)
    texts = Texts()
    written = places = characters = 0
    rules = set[str]()
    yield '{"findings":['
    for finding in shown:
        if characters + texts.characters > most_characters:
            break
        numbers: list[int | None] = []
        for page, line, column, element, text in result.places(finding, share):
            about = (visible(element), on_one_line(text))
            numbers += [texts.number_of(_short(visible(page))), line, column]
            numbers += [texts.number_of(_short(each)) for each in about]
        piece = _encode(_facts(finding) | {"at": numbers})
        yield f"{',' * (written > 0)}\n{piece}"
        characters += len(piece)
        written, places = written + 1, places + len(numbers) // 5
        rules.add(finding.rule)
    yield '\n],"strings":['
    for number, text in enumerate(texts):
        yield f"{',' * (number > 0)}{_encode(text)}"
    told = {
        rule.id: {"title": rule.title, "what": rule.what, "why": rule.why, "mend": rule.mend}
        for rule in RULES
        if rule.id in rules
    }
    all_places = sum(finding.places_count for finding in result.findings)
    yield f'\n],"rules":{_encode(told)},"all":{_encode([len(result.findings), all_places])}'
    if places < all_places:
        yield f',"pages":{_encode(_pages(result, texts))}'
    yield f',"here":{_encode([written, places])},"share":{share}}}'


def _pages(result: Result, texts: Texts) -> dict[str, object]:
    """How many pages are at fault, and how many findings show on each that has a place here, by severity."""
    count, found = 0, dict[int, list[int]]()
    for page, severities in result.pages_at_fault():
        count += 1
        number = texts.known(_short(visible(page)))
        if number is not None:
            before = found.get(number, [0] * len(SEVERITIES))
            found[number] = [n + severities[each] for n, each in zip(before, SEVERITIES, strict=True)]
    return {"count": count, "on": found}


def even_share(counts: Iterable[int], most: int) -> int:
    """How many places of a finding may be shown, so that those of all together are at most ``most``.

    >>> even_share([1, 1, 500, 900], 102)
    50
    """
    left, ordered = most, sorted(counts)
    for number, count in enumerate(ordered):
        each = left // (len(ordered) - number)
        if count > each:
            return each
        left -= count
    return most


def _facts(finding: Finding) -> dict[str, object]:
    facts: dict[str, object] = {
        "rule": finding.rule,
        "severity": finding.severity,
        "target": _short(visible(finding.target)),
        "message": _short(said(finding)),
        "places": finding.places_count,
        "pages": finding.pages_count,
    }
    if since := finding.since:
        facts["since"] = {"crawl": visible(since.crawl), "at": since.at, "checks": since.checks}
    if mend := finding.mend:
        target, why = _short(visible(mend.target)), on_one_line(mend.why)
        facts["mend"] = {"target": target, "why": why, "sure": mend.sure}
    return facts


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
