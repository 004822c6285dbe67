"""One look at every reference of every page: what is not plainly well goes into the tables of the site.

A large site has ten million of them. So what is done for all is done by sets and comprehensions,
and only what is in doubt is taken up one by one.
"""

import sqlite3
from collections.abc import Iterable, Iterator

from crawler.check.anchors import Anchors
from crawler.check.answers import ELSEWHERE, NOT_HTML, NOT_WHOLE, SCRIPTED, Answers
from crawler.model.facts import PageFacts, Reference, Source, decode

_LINK, _RELATION = 1, 2
_LINKS = (Source.A, Source.AREA, Source.IFRAME, Source.FRAME, Source.REFRESH)
_RELATIONS = (
    Source.CANONICAL,
    Source.ALTERNATE,
    Source.NEXT,
    Source.PREV,
    Source.OG_URL,
    Source.SITEMAP,
)
_WHAT = bytes((source in _LINKS) * _LINK | (source in _RELATIONS) * _RELATION for source in Source)
"""By a reference's source; an index into bytes costs less than a look-up of an enum."""
_PAGES = (
    "SELECT id, url, facts FROM current CROSS JOIN answers USING (id) WHERE facts IS NOT NULL ORDER BY id"
)


def note_references(db: sqlite3.Connection, answers: Answers, anchors: Anchors) -> int:
    """Fill suspects, marks, relations and linked, and tell ``anchors`` what there is; how many there are."""
    count = 0
    well, not_linked = answers.well, set(answers.ids)
    for page, url, blob in db.execute(_PAGES):
        facts = decode(blob)
        targets, references = facts.targets, facts.references
        count += len(references)
        if any(not r.is_asked and r.source == Source.FORM for r in references):
            # What is sent by POST is no link.
            references = [r for r in references if r.is_asked or r.source != Source.FORM]
            count += len(references) - len(facts.references)
        if facts.anchors and url in answers.seeds:
            anchors.hold(facts.anchors, answers.seeds[url])
        if not well.issuperset(targets):
            doubtful = {i for i, target in enumerate(targets) if not answers.is_well(target)}
            _note_suspects(db, answers, page, targets, [r for r in references if r.target in doubtful])
        fragments = {(r.target, r.fragment) for r in references if r.fragment}
        if fragments:
            _want(db, answers, anchors, page, facts, fragments)
        links = {r.target for r in references if _WHAT[r.source] & _LINK}
        if links and not_linked:
            not_linked.difference_update({targets[link] for link in links} - {url})
        _note_relations(db, answers, page, targets, [r for r in references if _WHAT[r.source] & _RELATION])
        if facts.marks:
            rows = ((page, mark.what, mark.line, mark.column, mark.detail) for mark in facts.marks)
            db.executemany("INSERT INTO marks VALUES (?, ?, ?, ?, ?)", rows)
    linked = answers.ids.keys() - not_linked
    linked |= {end for url in linked if (end := answers.ends.get(url)) is not None}
    db.executemany("INSERT INTO linked VALUES (?)", ((answers.ids[url],) for url in linked))
    return count


def _note_suspects(
    db: sqlite3.Connection, answers: Answers, page: int, targets: list[str], suspects: Iterable[Reference]
) -> None:
    rows = (
        (
            page,
            targets[r.target],
            answers.id_of(targets[r.target]),
            r.fragment,
            r.line,
            r.column,
            r.source,
            r.text,
            r.is_asked,
        )
        for r in suspects
    )
    db.executemany("INSERT INTO suspects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _note_relations(
    db: sqlite3.Connection, answers: Answers, page: int, targets: list[str], relations: list[Reference]
) -> None:
    if relations:
        rows = (
            (page, targets[r.target], answers.id_of(targets[r.target]), r.line, r.column, r.source)
            for r in relations
        )
        db.executemany("INSERT INTO relations VALUES (?, ?, ?, ?, ?, ?)", rows)


def _want(
    db: sqlite3.Connection,
    answers: Answers,
    anchors: Anchors,
    page: int,
    facts: PageFacts,
    fragments: set[tuple[int, str]],
) -> None:
    """Ask for the ``fragments`` of one page; those of what was not read, nobody can know."""
    seeds, targets = answers.seeds, facts.targets
    wanted = [(text, seeds.get(targets[target])) for target, text in fragments]
    anchors.want(page, [(text, seed) for text, seed in wanted if seed is not None])
    if any(seed is None for _, seed in wanted):
        ends = {i: answers.end_of(url) for i, url in enumerate(targets) if url not in seeds}
        rows = (
            _lost(page, answers.ids[ends[r.target]], targets, r, _why_unread(answers, ends[r.target]))
            for r in facts.references
            if r.fragment
            and r.target in ends
            and ends[r.target] in answers.well
            # A picture out of a set of them, #icon, is no place on a page.
            and _WHAT[r.source] & _LINK
        )
        db.executemany(_INSERT_LOST, rows)


def _why_unread(answers: Answers, end: str) -> str:
    if not answers.is_own(end):
        return ELSEWHERE
    return NOT_WHOLE if end in answers.html else NOT_HTML


def note_lost(db: sqlite3.Connection, answers: Answers, anchors: Anchors) -> None:
    """Fill lost with the references to fragments that are nowhere."""
    for page in anchors.pages_that_lack_some():
        (blob,) = db.execute("SELECT facts FROM answers WHERE id = ?", (page,)).fetchone()
        db.executemany(_INSERT_LOST, _losses(answers, anchors, page, decode(blob)))


def _losses(answers: Answers, anchors: Anchors, page: int, facts: PageFacts) -> Iterator[tuple[object, ...]]:
    for r in facts.references:
        url = facts.targets[r.target]
        if r.fragment and url in answers.seeds and anchors.lacks(r.fragment, answers.seeds[url]):
            end = answers.end_of(url)
            # An address such as #/users or #!users is for a script of the page.
            doubt = SCRIPTED if r.fragment[0] in "/!" else answers.doubts.get(end)
            yield _lost(page, answers.ids[end], facts.targets, r, doubt)


_INSERT_LOST = "INSERT INTO lost VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


def _lost(page: int, answer: int, targets: list[str], r: Reference, doubt: str | None) -> tuple[object, ...]:
    return page, targets[r.target], answer, r.fragment, r.line, r.column, r.source, r.text, doubt
