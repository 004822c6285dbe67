"""The differences themselves: what the databases cannot tell is looked up in the records."""

from collections.abc import Iterator

from msgspec.structs import replace

from crawler.comparison import moves, spool
from crawler.comparison.archived import Texts, texts
from crawler.comparison.crawled import Crawled
from crawler.comparison.difference import Difference, Totals, What
from crawler.comparison.matching import Verdict, ends, is_read, is_redirect, judge, pairs
from crawler.comparison.records import compared, decoded
from crawler.comparison.spool import Lines
from crawler.frontier.compared import PageRow
from crawler.rules.near_duplicates import are_near

Both = tuple[PageRow, PageRow]


class Finder:
    """Of two open crawls; it counts in ``totals`` what it finds."""

    def __init__(self, old: Crawled, new: Crawled, totals: Totals, *, exact: bool) -> None:
        self._old, self._new, self._totals, self._exact = old, new, totals, exact
        self._added: list[PageRow] = []
        self._gone: list[PageRow] = []
        self._answers: dict[int, int | None] = {}
        """What the server answers now to pages that are not there any more, by their ids in the old crawl."""
        self._texts: Texts
        self._short = moves.Short()
        self._both: list[tuple[PageRow, PageRow, Verdict]] = []
        """Pages that both have, and that may have changed, in the order of their keys."""

    def differences(self) -> Iterator[Difference]:
        """All of them: added, gone, moved, changed. Raises CrawlFailed, UsageError."""
        self._match()
        moved = self._moved()
        self._totals.moved = len(moved)
        for row in self._added:
            self._totals.added += 1
            yield Difference(what=What.ADDED, url=self._new.shown(row.url))
        for row in self._gone:
            self._totals.gone += 1
            yield Difference(what=What.GONE, url=self._old.shown(row.url), status=self._answers.get(row.id))
        yield from moved
        for difference in self._changed():
            self._totals.changed += 1
            yield difference

    def _match(self) -> None:
        """Have every page told by the databases, as far as these can."""
        whole = self._old.side.pending == 0, self._new.side.pending == 0
        one, other = self._old.place, self._new.place
        follows = one.out.resolve() == other.out.resolve() and one.generation + 1 == other.generation
        for old, new in pairs(self._old.pages(), self._new.pages()):
            self._short.add(old, 0)
            self._short.add(new, 1)
            verdict = judge((old, new), whole)
            if verdict is Verdict.ADDED and new is not None:
                self._added.append(new)
            elif verdict is Verdict.GONE and old is not None:
                self._gone.append(old)
                self._answers[old.id] = None if new is None else new.status
            elif old is not None and new is not None and verdict in (Verdict.CHANGED, Verdict.READ):
                if follows and new.is_unchanged and is_read(old) and is_read(new):
                    self._totals.same += 1
                else:
                    self._both.append((old, new, verdict))
            elif verdict is Verdict.SAME:
                self._totals.same += 1
            elif verdict is Verdict.UNKNOWN:
                self._totals.unknown += 1
            elif verdict is Verdict.FAILING:
                self._totals.failing += 1

    def _moved(self) -> list[Difference]:
        """Take pages that have moved out of those that are gone, added, or redirect now."""
        leading = [(old, new) for old, new, _ in self._both if is_read(old) and is_redirect(new)]
        led = [(old, new) for old, new, _ in self._both if is_redirect(old) and is_read(new)]
        found = moves.redirected(leading, self._added)
        back = moves.came_back(led, self._gone)
        left, taken = {old.id for old, _ in found}, {new.id for _, new in back}
        self._answers |= {old.id: new.status for old, new in leading if old.id in left}
        self._both = [row for row in self._both if row[0].id not in left and row[1].id not in taken]
        found = self._taken(found + back)
        found += self._taken(moves.same(self._gone, self._added, self._short.common))
        told = [self._move(pair, Difference(what=What.MOVED, url="")) for pair in found]
        similar = self._taken(moves.similar(self._gone, self._added))
        for old, new, lines in spool.both(self._old, self._new, similar):
            difference = Difference(what=What.MOVED, url="")
            if lines[0] is not None and lines[1] is not None:
                one, other = decoded(lines[0], self._old.side.name), decoded(lines[1], self._new.side.name)
                shown = self._old.shown, self._new.shown
                difference = compared(one, other, shown, exact=self._exact)[0] or difference
            told.append(self._move((old, new), difference))
        return sorted(told, key=lambda difference: difference.url)

    def _taken(self, found: list[Both]) -> list[Both]:
        self._gone = moves.without(self._gone, [old for old, _ in found])
        self._added = moves.without(self._added, [new for _, new in found])
        return found

    def _move(self, pair: Both, difference: Difference) -> Difference:
        old, new = pair
        return replace(
            difference,
            what=What.MOVED,
            url=self._new.shown(new.url),
            old_url=self._old.shown(old.url),
            status=self._answers.get(old.id),
        )

    def _changed(self) -> Iterator[Difference]:
        wanted = [(old, new) for old, new, verdict in self._both if verdict is Verdict.READ]
        read = spool.both(self._old, self._new, wanted)
        with texts(self._old, self._new, [*filter(self._is_other, wanted)]) as self._texts:
            for old, new, verdict in self._both:
                lines: Lines = next(read)[2] if verdict is Verdict.READ else (None, None)
                if is_read(old) and is_read(new):
                    difference = self._of_content(old, new, lines)
                else:
                    difference = self._of_ends(old, new, lines)
                if difference is not None:
                    yield difference

    def _is_other(self, pair: Both) -> bool:
        """Whether the text of a page is to be told."""
        old, new = pair
        if not (is_read(old) and is_read(new)) or old.content_hash == new.content_hash:
            return False
        return self._exact or not are_near(old.near_hash, new.near_hash)

    def _of_ends(self, old: PageRow, new: PageRow, lines: Lines) -> Difference:
        """Of a page that was not read in both."""
        names = self._old.side.name, self._new.side.name
        statuses = [
            decoded(line, name).status if line is not None else row.status
            for row, line, name in zip((old, new), lines, names, strict=True)
        ]
        changes = tuple(ends(old, new, statuses[0], statuses[1]))
        return Difference(what=What.CHANGED, url=self._new.shown(new.url), changes=changes)

    def _of_content(self, old: PageRow, new: PageRow, lines: Lines) -> Difference | None:
        """Of a page that was read in both; None where nothing is to be told."""
        if lines[0] is None or lines[1] is None:
            return self._without_records(old, new, self._old if lines[0] is None else self._new)
        one, other = decoded(lines[0], self._old.side.name), decoded(lines[1], self._new.side.name)
        if one.text is None or other.text is None:
            one.text = self._texts.of(0, old.url) if one.text is None else one.text
            other.text = self._texts.of(1, new.url) if other.text is None else other.text
        difference, is_other = compared(one, other, (self._old.shown, self._new.shown), exact=self._exact)
        if difference is None and is_other:
            self._totals.cosmetic += 1
        elif difference is None:
            self._totals.same += 1
        return difference

    def _without_records(self, old: PageRow, new: PageRow, lacking: Crawled) -> Difference | None:
        if not (old.content_hash and new.content_hash):
            self._totals.unknown += 1
            return None
        if not self._exact and are_near(old.near_hash, new.near_hash):
            self._totals.cosmetic += 1
            return None
        return Difference(
            what=What.CHANGED,
            url=self._new.shown(new.url),
            changes=tuple(ends(old, new, None, None)),
            text_note=f"{lacking.side.name} keeps no records",
        )
