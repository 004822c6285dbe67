"""All that is different from stage to stage, and what a crawler that asks conditionally is answered.

It is reckoned from the stages and from what the server answers, by a crawl of its own in a few lines, which
has no code in common with the crawler's. What a 304 says has to be believed: where it is not true, the page
is expected as it was, and counts as unseen.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from crawler.lab.changing.answering import FUTURE, UNDATED, reply
from crawler.lab.changing.page import Page
from crawler.lab.changing.script import script
from crawler.lab.changing.stage import Act, Stage

ACCEPTS = "gzip"
_MOVES = (Act.MOVED, Act.MOVED_FOR_GOOD, Act.REDIRECTED)


class Field(StrEnum):
    """What can be different in a page that both crawls have; named as ``crawler diff`` names it."""

    STATUS = "status"
    KIND = "kind"
    REDIRECT = "redirect"
    TITLE = "title"
    CANONICAL = "canonical"
    LINKS = "links"
    TEXT = "text"


@dataclass(frozen=True)
class Difference:
    """One page that is not what it was in the stage before."""

    what: str
    """``added``, ``gone``, ``moved`` or ``changed``."""
    path: str
    old_path: str | None = None
    """Of a page that has moved."""
    status: int | None = None
    """Of a page that is gone or moved, what its old address answers; None where nobody asks."""
    fields: frozenset[Field] = frozenset()
    links_added: frozenset[str] = frozenset()
    links_gone: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Known:
    """What a crawl has of one path: what it was answered, and what it goes on with."""

    status: int
    sent: int
    """Bytes of the answer's body."""
    asked: Mapping[str, str]
    """The conditions of the request, by header."""
    page: Page | None = None
    """As it was read in this crawl or, by the server's word, in one before; None where it never was."""
    to: str | None = None
    validators: Mapping[str, str] | None = None
    is_unchanged: bool = False

    @property
    def is_there(self) -> bool:
        """Whether there is a page, or a redirect."""
        return self.page is not None or self.to is not None


Crawled = Mapping[str, Known]


@dataclass(frozen=True)
class Generation:
    """What is expected of one crawl."""

    number: int
    crawled: Crawled
    """By path: everything that is asked for, each once."""
    differences: tuple[Difference, ...] = ()
    """From the generation before to this one."""
    backwards: tuple[Difference, ...] = ()
    """From this one to the generation before."""
    cosmetic: frozenset[str] = frozenset()
    """Paths at which only what nobody reads has changed."""
    unseen: frozenset[str] = frozenset()
    """Paths whose content is another one than the server's 304 makes believe."""

    @property
    def statuses(self) -> Counter[int]:
        """How many requests are answered with which status."""
        return Counter(known.status for known in self.crawled.values())

    @property
    def sent(self) -> int:
        """Bytes of all bodies."""
        return sum(known.sent for known in self.crawled.values())

    @property
    def unchanged(self) -> frozenset[str]:
        """Paths whose records say so."""
        return frozenset(path for path, known in self.crawled.items() if known.is_unchanged)


@cache
def manifest(seed: int) -> tuple[Generation, ...]:
    """One for each stage of the site that is made from ``seed``."""
    found: list[Generation] = []
    for stage in script(seed):
        before = found[-1].crawled if found else {}
        crawled = _crawl(stage, before)
        moved = _moved(stage, before, crawled)
        differences, cosmetic = _compare(before, crawled, moved) if found else ((), frozenset())
        back = {old: new for new, old in moved.items()}
        backwards = _compare(crawled, before, back)[0] if found else ()
        unseen = {path for path, known in crawled.items() if _is_unseen(known, stage.pages.get(path))}
        found.append(Generation(stage.number, crawled, differences, backwards, cosmetic, frozenset(unseen)))
    return tuple(found)


def _is_unseen(known: Known, page: Page | None) -> bool:
    if known.status != 304 or known.page is None or page is None:
        return False
    return known.page.body() != page.body()


def _crawl(stage: Stage, before: Crawled) -> Crawled:
    crawled: dict[str, Known] = {}
    waiting = ["/"]
    while waiting:
        path = waiting.pop()
        if path not in crawled:
            crawled[path] = known = _ask(path, stage, before.get(path))
            waiting += [] if known.page is None else known.page.links
            waiting += [] if known.to is None else [known.to]
    return crawled


def _ask(path: str, stage: Stage, before: Known | None) -> Known:
    page = stage.pages.get(path)
    asked = _conditions(before.validators) if before is not None and before.validators else {}
    answer = reply(page, {"accept-encoding": ACCEPTS, **asked}, stage.number)
    status, sent = answer.status, len(answer.body)
    if status == 304 and asked and before is not None:
        return Known(status, sent, asked, before.page, validators=before.validators, is_unchanged=True)
    if status != 200 or page is None:
        return Known(status, sent, asked, to=None if page is None else page.to)
    is_unchanged = before is not None and before.page is not None and before.page.body() == page.body()
    return Known(status, sent, asked, page, validators=answer.headers, is_unchanged=is_unchanged)


def _conditions(headers: Mapping[str, str]) -> Mapping[str, str]:
    """What can be asked by the validators among ``headers`` (RFC 9110 sections 8.8.2.1 and 13.1)."""
    asked = {}
    if "ETag" in headers:
        asked["if-none-match"] = headers["ETag"]
    if headers.get("Last-Modified", FUTURE) not in (FUTURE, UNDATED):
        asked["if-modified-since"] = headers["Last-Modified"]
    return asked


def _moved(stage: Stage, before: Crawled, after: Crawled) -> dict[str, str]:
    """The pages that have moved, by where they are now."""
    return {
        edit.to: edit.path
        for edit in stage.edits
        if edit.act in _MOVES and edit.to is not None and edit.to in after and edit.path in before
    }


def _compare(
    before: Crawled, after: Crawled, moved: Mapping[str, str]
) -> tuple[tuple[Difference, ...], frozenset[str]]:
    found, cosmetic = [], set()
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if path in moved:
            status = after[moved[path]].status if moved[path] in after else None
            found.append(Difference("moved", path, moved[path], status))
        elif path in moved.values():
            continue
        elif new is not None and new.is_there and _is_missing(old):
            found.append(Difference("added", path))
        elif old is not None and old.is_there and _is_missing(new):
            found.append(Difference("gone", path, status=None if new is None else new.status))
        elif old is not None and new is not None:
            difference = _changed(path, old, new)
            if difference is not None:
                found.append(difference)
            elif old.page is not None and new.page is not None and old.page.body() != new.page.body():
                cosmetic.add(path)
    return tuple(found), frozenset(cosmetic)


def _is_missing(known: Known | None) -> bool:
    return known is None or known.status in (404, 410)


def _changed(path: str, old: Known, new: Known) -> Difference | None:
    if old.page is not None and new.page is not None:
        one, other = old.page, new.page
        fields = {field for field in _OF_PAGE if getattr(one, field) != getattr(other, field)}
        links = frozenset(one.links), frozenset(other.links)
        if fields:
            return Difference(
                "changed", path, fields=frozenset(fields),
                links_added=links[1] - links[0], links_gone=links[0] - links[1],
            )  # fmt: skip
        return None
    fields = set()
    if old.status != new.status:
        fields |= {Field.STATUS, Field.KIND}
    if old.to != new.to:
        fields.add(Field.REDIRECT)
    return Difference("changed", path, fields=frozenset(fields)) if fields else None


_OF_PAGE = (Field.TITLE, Field.CANONICAL, Field.LINKS, Field.TEXT)
