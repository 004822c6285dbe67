"""How each URL must end in a right crawl, and a judge that holds records against that.

Both go through all pages once and store nothing but a byte for each page.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from crawler.lab.internet.kinds import RobotsFile, Role
from crawler.lab.internet.world import World
from crawler.model.outcomes import Kind, Outcome
from crawler.model.record import Record

MAX_NAMED = 20
"""URLs that a verdict names of each kind of error."""
_AT_A_TIME = 200
"""Pages: a millisecond or two."""


class Ending(NamedTuple):
    """What a record must say."""

    outcome: Outcome
    kind: Kind | None
    status: int | None


_OF_ROLE = {
    Role.PAGE: Ending(Outcome.OK, None, 200),
    Role.REDIRECT: Ending(Outcome.SKIPPED, Kind.REDIRECTED, 302),
    Role.MISSING: Ending(Outcome.ERROR, Kind.HTTP_STATUS, 404),
    Role.BROKEN: Ending(Outcome.ERROR, Kind.HTTP_STATUS, 500),
}
_FORBIDDEN = Ending(Outcome.SKIPPED, Kind.ROBOTS, None)


def ending(world: World, host: int, page: int, robots: RobotsFile | None = None) -> Ending:
    """How the page must end, with robots.txt obeyed; ``robots`` are its host's, where they are at hand."""
    if world.is_forbidden(page, robots or world.robots(host)):
        return _FORBIDDEN
    return _OF_ROLE[world.role(host, page)]


def reachable(world: World) -> Iterator[tuple[str, Ending]]:
    """Every URL that a crawl records which begins at any page that can be read, and may follow to all hosts.

    Host by host.
    """
    for host in range(world.hosts):
        robots = world.robots(host)
        for page in range(world.reached(host)):
            yield world.url(host, page), ending(world, host, page, robots)


def counts(world: World) -> Iterator[Counter[str]]:
    """What there is, by few pages at a time, so that others have their turn in between; added up it is all.

    ``urls``, and of these ``ok``, ``redirected``, ``robots``, ``http_status``; and ``faulty``, the pages
    and robots.txt that are asked for in vain at first, or for ever.
    """
    for host in range(world.hosts):
        robots = world.robots(host)
        yield Counter(faulty=int(robots.fails > 0 or robots.status == 503))
        reached = world.reached(host)
        for first in range(0, reached, _AT_A_TIME):
            pages = range(first, min(first + _AT_A_TIME, reached))
            yield _counted(world, host, pages, robots)


def _counted(world: World, host: int, pages: range, robots: RobotsFile) -> Counter[str]:
    found = Counter[str](urls=len(pages))
    for page in pages:
        end = ending(world, host, page, robots)
        found[end.kind or end.outcome] += 1
        if end.kind is not Kind.ROBOTS:
            found["faulty"] += end.status == 500 or world.fault(host, page) is not None
    return found


class Verdict(NamedTuple):
    """How far records are the truth; of each error, how often it occurs and the first URLs."""

    urls: int
    """That there must be."""
    lost: int
    twice: int
    """Records of a URL that has one already."""
    wrong: int
    """Records that say something else than they must."""
    strange: int
    """Records of what is not there, or nothing links to."""
    named: dict[str, list[str]]

    @property
    def is_right(self) -> bool:
        """Each URL once, as it must be."""
        return not (self.lost or self.twice or self.wrong or self.strange)


def judge(world: World, records: Iterable[Record]) -> Verdict:
    """Hold ``records``, all of one crawl in any order, against the truth."""
    seen, errors = bytearray(world.pages), Counter[str]()
    named: dict[str, list[str]] = {}

    def note(error: str, url: str) -> None:
        errors[error] += 1
        if len(urls := named.setdefault(error, [])) < MAX_NAMED:
            urls.append(url)

    for record in records:
        found = world.find(record.url.encode())
        host, page = found or (0, -1)
        if not 0 <= page < world.reached(host):
            note("strange", record.url)
            continue
        number = world.first(host) + page
        if seen[number]:
            note("twice", record.url)
        seen[number] = 1
        if (record.outcome, record.kind, record.status) != ending(world, host, page):
            note("wrong", record.url)
    for host in range(world.hosts):
        first = world.first(host)
        there = seen[first : first + world.reached(host)]
        if not all(there):
            for page, is_there in enumerate(there):
                if not is_there:
                    note("lost", world.url(host, page))
    urls = sum(map(world.reached, range(world.hosts)))
    return Verdict(urls, errors["lost"], errors["twice"], errors["wrong"], errors["strange"], named)
