"""From findings to the same findings, each with the likely new place of what is dead: the way in."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import groupby

from crawler.check.earlier.crawls import EarlierCrawl
from crawler.check.finding import Finding, Mend
from crawler.check.mending.before import Earlier, Unreadable
from crawler.check.mending.dead import Dead, Lost, dead_targets, lost_fragments
from crawler.check.mending.few import Here
from crawler.check.mending.folders import Folders
from crawler.check.mending.history import History
from crawler.check.mending.look import Look
from crawler.check.mending.pages import Known, Says, alike, by_content, by_path
from crawler.check.mending.rules_of_thumb import mend_by
from crawler.check.mending.sections import MovedSections, OwnSections, is_among, with_fragment
from crawler.check.mending.sites import path_of
from crawler.check.mending.told import anchors_of, is_generic, targets_of
from crawler.check.site import Facts

_PAGES = 64
"""Of which the links are kept in memory: findings come in the order of pages, about."""


def mended(
    facts: Facts, findings: Sequence[Finding], crawls: Callable[[], Iterable[EarlierCrawl]]
) -> list[Finding]:
    """The same findings; ``crawls`` are the earlier ones, newest first, asked for if anything is dead.

    Raises sqlite3.Error, msgspec.DecodeError where the facts of this check are damaged.
    """
    path = path_of(facts.site.config)
    dead = dead_targets(facts.site.db, findings, path)
    lost = lost_fragments(findings, facts.answers.ids, path)
    if not dead and not lost:
        return [*findings]
    mends = _mends(facts, dead, lost, [*crawls()])
    return [one._replace(mend=mends.get(one.target)) if one.target in mends else one for one in findings]


def _mends(
    facts: Facts, dead: Sequence[Dead], lost: Sequence[Lost], crawls: list[EarlierCrawl]
) -> dict[str, Mend]:
    """By target. An earlier crawl that cannot be read is no help, and no hindrance."""
    while True:
        try:
            with History(crawls) as history:
                return _Mends(facts, history, dead, lost).all()
        except Unreadable as error:
            crawls = [one for one in crawls if one not in error.args]


class _Mends:
    """All of one check."""

    def __init__(self, facts: Facts, history: History, dead: Sequence[Dead], lost: Sequence[Lost]) -> None:
        self._db, self._dead, self._lost = facts.site.db, dead, lost
        self._targets = lru_cache(maxsize=_PAGES)(lambda page: targets_of(self._facts(page)))
        history.find(
            {spot.key for one in dead for spot in one.spots} | {one.spot.key for one in lost},
            {path for one in dead for path in one.paths} | {one.path for one in lost},
        )
        self._known = {one.url: known for one in dead if (known := history.known_of(one)) is not None}
        self._before = {one.page: history.page_of(one) for one in lost}
        self._later = {id(known): says for known, says in history.follow(self._known.values())}
        self._look = self._wanted()
        self._look.take(self._db, path_of(facts.site.config))
        history.look({*self._look.all()})

    def _wanted(self) -> Look:
        look = Look()
        for dead in self._dead:
            for spot in dead.spots:
                look.want_spot(spot)
        for known in self._known.values():
            look.want_page(known.was)
        look.keys.want(says.page.spot.key for says in self._later.values())
        look.anchors.want(one.fragment for one in self._lost if not is_generic(one.fragment))
        return look

    def all(self) -> dict[str, Mend]:
        """By target."""
        return {**self._of_pages(), **self._of_fragments()}

    def _of_pages(self) -> dict[str, Mend]:
        folders = Folders()
        said: dict[str, Says] = {}
        for one in self._dead:
            if (known := self._known.get(one.url)) and (says := self._by_content(known)):
                said[one.url] = says
                folders.add(one.spots[0], says.page.spot)
        taken = {says.page.id for says in said.values()}
        left = [one for one in self._dead if one.url not in said]
        if not said:  # then only names tell where folders went
            folders = Folders(self._look.stayed.__getitem__)
            for one in left:
                for spot, page in alike(one, self._look):
                    if not self._is_beside(one, page):
                        folders.add(spot, page.spot)
        for one in left:
            says = by_path(one, self._known.get(one.url), self._look, folders, self._is_beside)
            if says is not None and says.page.id not in taken:
                said[one.url] = says
        mends = {
            url: mend_by(says.rule, says.page.url, is_known=url in self._known) for url, says in said.items()
        }
        return {url: mend for url, mend in mends.items() if mend is not None}

    def _by_content(self, known: Known) -> Says | None:
        """By what is there now, else by what a crawl since had there."""
        if (says := by_content(known, self._look)) is not None:
            return says
        later = self._later.get(id(known))
        there = [] if later is None else self._look.keys.of(later.page.spot.key)
        return Says(later.rule, there[0]) if later is not None and len(there) == 1 else None

    def _is_beside(self, dead: Dead, page: Here) -> bool:
        return any(page.url in self._targets(one) for one in dead.pages)

    def _of_fragments(self) -> dict[str, Mend]:
        found: dict[str, Mend] = {}
        for page, group in groupby(sorted(self._lost, key=lambda one: one.page), key=lambda one: one.page):
            several = [*group]
            before = self._before[page]
            was = None if before is None else before[1].anchors
            now = self._anchors(page)
            moved = self._moved([one.fragment for one in several], page, now, before and before[0])
            own = OwnSections(now, was)
            for one in several:
                is_known = was is not None and is_among(one.fragment, was)
                section = moved.of(one.fragment, is_known=is_known)
                section = section or own.of(one.fragment, is_known=is_known)
                if section is not None:
                    target = with_fragment(section.url or one.url, section.anchor)
                    if (mend := mend_by(section.rule, target, is_known=is_known)) is not None:
                        found[one.target] = mend
        return found

    def _moved(
        self, lost: Sequence[str], page: int, now: Sequence[str], earlier: Earlier | None
    ) -> MovedSections:
        """Where the ids of a page went, as far as other pages have them now."""

        def had(other: Here) -> list[str]:
            was = None if earlier is None else earlier.was_at(other.spot.key)
            return [] if was is None else was.anchors

        others = {
            one: [other for other in self._look.anchors.of(one) if other.id != page]
            for one in lost
            if not is_generic(one) and (earlier is None or len(earlier.anchors.of(one)) == 1)
        }
        return MovedSections(others, had, lambda other: self._anchors(other.id), now)

    def _anchors(self, page: int) -> list[str]:
        return anchors_of(self._facts(page))

    def _facts(self, page: int) -> bytes | None:
        (blob,) = self._db.execute("SELECT facts FROM answers WHERE id = ?", (page,)).fetchone()
        return blob  # type: ignore[no-any-return]
