"""One look at every reference of every page: what is not plainly well goes into the tables of the site.

A large site has ten million of them. So what is done for all is done by sets and comprehensions,
and only what is in doubt is taken up one by one.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator

from msgspec.structs import replace

from crawler.check.anchors import Anchors, names, without_directive
from crawler.check.answers import ELSEWHERE, NOT_HTML, NOT_WHOLE, SCRIPTED, Answers
from crawler.check.media_types import TYPED
from crawler.model.facts import PageFacts, Reference, Skimmed, decode, decode_links, encode, skim
from crawler.model.sources import LINKS, Source

_RELATION, _TYPED = 1, 2
_RELATIONS = (
    Source.CANONICAL,
    Source.ALTERNATE,
    Source.NEXT,
    Source.PREV,
    Source.OG_URL,
    Source.SITEMAP,
)
_WHAT = bytes((source in _RELATIONS) * _RELATION | (source in TYPED) * _TYPED for source in Source)
"""By a reference's source; an index into bytes costs less than a look-up of an enum."""
_PAGES = (
    "SELECT id, url, facts FROM current CROSS JOIN answers USING (id) WHERE facts IS NOT NULL ORDER BY id"
)


_TABLES = {
    "suspects": 9,
    "lost": 9,
    "marks": 5,
    "relations": 6,
    "mistyped": 6,
    "elsewhere": 2,
}
"""How many columns each has."""
_TOGETHER = 2_000
"""Rows that are written at once."""


class _Rows:
    """What is to be written, by table."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in _TABLES}

    def add(self, table: str, rows: Iterable[tuple[object, ...]]) -> None:
        waiting = self._rows[table]
        waiting.extend(rows)
        if len(waiting) >= _TOGETHER:
            self._write(table)

    def write(self) -> None:
        """All that waits."""
        for table in self._rows:
            self._write(table)

    def _write(self, table: str) -> None:
        rows, self._rows[table] = self._rows[table], []
        marks = ", ".join("?" * _TABLES[table])
        self._db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


def note_references(db: sqlite3.Connection, answers: Answers, anchors: Anchors) -> int:
    """Fill suspects, marks, relations and linked, and tell ``anchors`` what there is; how many there are."""
    count = 0
    rows, well, wrong_for = _Rows(db), answers.well, answers.wrong_for
    all_pages = answers.pages | answers.ends.keys()
    not_linked = set(all_pages)
    for page, url, blob in db.execute(_PAGES):
        if url in answers.fragments:
            continue  # a redirect, whose Location is no link
        facts = skim(blob)
        if not answers.fragments.keys().isdisjoint(facts.targets):
            facts = skim(encode(_redirected(answers, decode(blob))))
        targets, others = facts.targets, facts.others
        count += sum(facts.counts)
        if facts.anchors and url in answers.seeds:
            anchors.hold(facts.anchors, answers.seeds[url])
        if strange := {target for target in set(targets) - well if not answers.is_well(target)}:
            rows.add("elsewhere", _elsewhere(answers, facts, strange))
        if strange:
            doubtful = {i for i, target in enumerate(targets) if target in strange}
            suspects = [r for r in _references(facts) if r.target in doubtful]
            rows.add("suspects", _suspects(answers, page, targets, suspects))
        if facts.fragments:
            rows.add("lost", _want(answers, anchors, page, facts))
        if not not_linked.isdisjoint(targets):
            links = {r.target for r in decode_links(facts.links)}
            not_linked.difference_update({targets[link] for link in links} - {url})
        if relations := [r for r in others if _WHAT[r.source] & _RELATION]:
            rows.add("relations", _relations(answers, page, targets, relations))
        typed = {(r.target, r.source) for r in others if _WHAT[r.source] & _TYPED}
        if mistyped := [(i, source) for i, source in typed if wrong_for.get(targets[i], 0) >> source & 1]:
            rows.add("mistyped", _mistyped(answers, page, targets, others, mistyped))
        if facts.marks:
            rows.add(
                "marks", [(page, mark.what, mark.line, mark.column, mark.detail) for mark in facts.marks]
            )
    rows.write()
    linked = all_pages - not_linked
    linked |= {answers.end_of(url) for url in linked}
    ids = {answers.ids.get(url) for url in linked} - {None}
    db.executemany("INSERT INTO linked VALUES (?)", ((answer,) for answer in ids))
    return count


def _redirected(answers: Answers, facts: PageFacts) -> PageFacts:
    """The same, with the fragments that redirects put in the place of the links' own."""
    targets, others = facts.targets, answers.fragments
    if others.keys().isdisjoint(targets):
        return facts
    changed = [replace(r, fragment=others.get(targets[r.target], r.fragment)) for r in facts.references]
    return PageFacts.of(targets, changed, anchors=facts.anchors, marks=facts.marks)


def _references(facts: Skimmed) -> list[Reference]:
    """All of them; but what is sent by POST is no link."""
    others = [r for r in facts.others if r.is_asked or r.source != Source.FORM]
    return [*decode_links(facts.links), *others]


def _elsewhere(answers: Answers, facts: Skimmed, strange: set[str]) -> Iterator[tuple[object, ...]]:
    """Take out of ``strange`` what nobody asked for, since it is on another origin: how often it is named.

    Most sites name a few such on every page, and there is nothing more to be said of them.
    """
    for target, references in zip(facts.targets, facts.counts, strict=True):
        if target in strange and answers.id_of(target) is None and not answers.is_own(target):
            strange.discard(target)
            if references:
                yield target, references


def _suspects(
    answers: Answers, page: int, targets: list[str], suspects: Iterable[Reference]
) -> Iterator[tuple[object, ...]]:
    for r in suspects:
        target = targets[r.target]
        answer = answers.id_of(target)
        yield page, target, answer, r.fragment, r.line, r.column, r.source, r.text, r.is_asked


def _relations(
    answers: Answers, page: int, targets: list[str], relations: Iterable[Reference]
) -> Iterator[tuple[object, ...]]:
    for r in relations:
        target = targets[r.target]
        yield page, target, answers.id_of(target), r.line, r.column, r.source


def _mistyped(
    answers: Answers,
    page: int,
    targets: list[str],
    references: Iterable[Reference],
    mistyped: Collection[tuple[int, Source]],
) -> Iterator[tuple[object, ...]]:
    for r in references:
        # A CSS url(#gradient) is a place in the page itself.
        if (r.target, r.source) in mistyped and not (r.source == Source.CSS_URL and r.fragment):
            target = targets[r.target]
            yield page, target, answers.ids[answers.end_of(target)], r.line, r.column, r.source


def _want(answers: Answers, anchors: Anchors, page: int, facts: Skimmed) -> Iterator[tuple[object, ...]]:
    """Ask for the fragments of one page; rows for those of what was not read, which nobody can know."""
    seeds, targets = answers.seeds, facts.targets
    known = [seeds.get(target) for target in targets]
    wanted = [(text, seed) for i, text in facts.fragments if (seed := known[i]) is not None]
    anchors.want(page, wanted)
    if len(wanted) == len(facts.fragments):
        return
    ends = {i: answers.end_of(targets[i]) for i, _ in facts.fragments if known[i] is None}
    ends = {i: end for i, end in ends.items() if end in answers.well}
    # A picture out of a set of them, icons.svg#one, is no place on a page: so only links are looked at.
    for r in decode_links(facts.links) if ends else ():
        if r.fragment and r.target in ends and names(r.fragment):
            end = ends[r.target]
            yield _lost(page, answers.ids[end], targets, r, _why_unread(answers, end))


def _why_unread(answers: Answers, end: str) -> str:
    if not answers.is_own(end):
        return ELSEWHERE
    return NOT_WHOLE if end in answers.html else NOT_HTML


def note_lost(db: sqlite3.Connection, answers: Answers, anchors: Anchors) -> None:
    """Fill lost with the references to fragments that are nowhere."""
    rows = _Rows(db)
    for page in anchors.pages_that_lack_some():
        (blob,) = db.execute("SELECT facts FROM answers WHERE id = ?", (page,)).fetchone()
        rows.add("lost", _losses(answers, anchors, page, decode(blob)))
    rows.write()


def _losses(answers: Answers, anchors: Anchors, page: int, facts: PageFacts) -> Iterator[tuple[object, ...]]:
    for r in _redirected(answers, facts).references:
        url = facts.targets[r.target]
        if r.fragment and url in answers.seeds and anchors.lacks(r.fragment, answers.seeds[url]):
            end = answers.end_of(url)
            # An address such as #/users or #!users is for a script of the page; and what is drawn with a part
            # of it (<use href="#icon">) is often put there by one.
            is_of_script = r.fragment[0] in "/!" or (r.source not in LINKS and end in answers.scripted)
            doubt = SCRIPTED if is_of_script else answers.doubts.get(end)
            yield _lost(page, answers.ids[end], facts.targets, r, doubt)


def _lost(page: int, answer: int, targets: list[str], r: Reference, doubt: str | None) -> tuple[object, ...]:
    fragment = without_directive(r.fragment or "")
    return page, targets[r.target], answer, fragment, r.line, r.column, r.source, r.text, doubt
