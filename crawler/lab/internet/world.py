"""What there is: hosts, pages, links, faults and robots.txt, all computed from a seed and never stored.

Host *n* is ``http://hN.test/``, and its pages are numbered from 0. Every eighth page is an *index*: it can
be read in the end whatever is drawn, and links to the seven pages after it and to two further indexes. Page 0
of a host links to eight further hosts, and every page to page 0 of its own. So all pages of all hosts are
reached from any page that can be read: the truth is simply everything, and to count it takes no crawl.
Only of a host whose robots.txt closes all of it, nothing is linked to but page 0.
"""

import re
from struct import Struct

from xxhash import xxh3_64_intdigest

from crawler.lab.internet.kinds import Fault, RobotsFile, Role, Trouble
from crawler.lab.internet.settings import Settings

FAN_OUT = 8
"""Hosts that page 0 of each host links to; and one in so many pages is an index."""
PRIVATE = FAN_OUT - 1
"""Pages with this remainder lie in the folder that some robots.txt forbid."""
ROBOTS = -1
"""Stands for robots.txt where the number of a page stands."""
_HOST = rb"http://h(0|[1-9][0-9]{0,6})\.test(?::80)?"
_ON_A_HOST = re.compile(_HOST + rb"(?:[/?].*)?")
_URL = re.compile(_HOST + rb"(?:/(robots\.txt|(?:(private/)?p([1-9][0-9]{0,8}))?))?")
_TROUBLES = tuple(Trouble)
_TWO = Struct("<QQ").pack
_THREE = Struct("<QQQ").pack


class World(Settings, frozen=True, kw_only=True):
    """The settings, and what follows from them."""

    def find(self, url: bytes) -> tuple[int, int] | None:
        """Host and page of ``url``, as it stands in a request; None where there is no such page.

        The page is ROBOTS for robots.txt.
        """
        match = _URL.fullmatch(url)
        if match is None or (host := int(match[1])) >= self.hosts:
            return None
        if match[2] == b"robots.txt":
            return host, ROBOTS
        page = int(match[4] or 0)
        is_there = page < self.size(host) and (page % FAN_OUT == PRIVATE) == (match[3] is not None)
        return (host, page) if is_there else None

    def host_of(self, url: bytes) -> int | None:
        """The host of ``url``, be there such a page or not; None where it is not of this world."""
        match = _ON_A_HOST.fullmatch(url)
        return int(match[1]) if match is not None and int(match[1]) < self.hosts else None

    def url(self, host: int, page: int) -> str:
        """The absolute URL of a page."""
        return f"http://h{host}.test{self.path(page)}"

    def path(self, page: int) -> str:
        """The same on its own host."""
        if page <= 0:
            return "/" if page == 0 else "/robots.txt"
        return f"/private/p{page}" if page % FAN_OUT == PRIVATE else f"/p{page}"

    def first(self, host: int) -> int:
        """The number of page 0 of ``host``, where the pages of all hosts are numbered through."""
        more = self.pages - self.hosts
        if not self.skew:
            return host + more * host // self.hosts
        return host + int(more * (host / self.hosts) ** (1.0 - self.skew))

    def size(self, host: int) -> int:
        """Pages of ``host``."""
        return self.first(host + 1) - self.first(host)

    def role(self, host: int, page: int) -> Role:
        """What the page is."""
        if page % FAN_OUT == 0:
            return Role.PAGE
        chance = self._chance(1, host, page)
        if chance < self.redirects:
            return Role.REDIRECT
        if chance < self.redirects + self.missing:
            return Role.MISSING
        return Role.BROKEN if chance < self.redirects + self.missing + self.broken else Role.PAGE

    def fault(self, host: int, page: int) -> Fault | None:
        """What the page does before it is answered; None where nothing, or where it never is."""
        if self._chance(2, host, page) >= self.faults or self.role(host, page) is Role.BROKEN:
            return None
        drawn = self._draw(3, host, page)
        # With a failure of robots.txt these are three: what a crawler that tries three times more gets over.
        return Fault(_TROUBLES[(drawn >> 1) % len(_TROUBLES)], 1 + drawn % 2)

    def is_closed(self, host: int) -> bool:
        """Whether its robots.txt is answered with 503 for ever."""
        leads_on = host == 0 or FAN_OUT * host + 1 < self.hosts
        return not leads_on and self._chance(4, host) < self.closed

    def reached(self, host: int) -> int:
        """Pages of ``host`` that are linked to."""
        return 1 if self.closed and self.is_closed(host) else self.size(host)

    def robots(self, host: int) -> RobotsFile:
        """What its robots.txt is."""
        if self.is_closed(host):
            return RobotsFile(503, forbids=True, crawl_delay=0.0, fails=0)
        fails = int(self._chance(5, host) < self.faults)
        if self._chance(6, host) < self.without_robots:
            return RobotsFile(404, forbids=False, crawl_delay=0.0, fails=fails)
        delay = self.crawl_delay if self._chance(7, host) < self.delaying else 0.0
        return RobotsFile(200, self._chance(8, host) < self.forbidding, delay, fails)

    def is_forbidden(self, page: int, robots: RobotsFile) -> bool:
        """Whether the page is not to be asked for by those who obey ``robots``, those of its host."""
        return page >= 0 and robots.forbids and (robots.status == 503 or page % FAN_OUT == PRIVATE)

    def linked(self, host: int, page: int) -> list[tuple[int, int]]:
        """Where the page links to, host and page, each once."""
        size = self.size(host)
        found = [(host, 0)] if page else []
        if page % FAN_OUT == 0:
            found += [(host, to) for to in range(page + 1, min(page + FAN_OUT, size))]
            # The indexes are a tree, as they lie in a heap.
            found += [(host, to) for to in (2 * page + FAN_OUT, 2 * page + 2 * FAN_OUT) if to < size]
        if page == 0:
            children = range(FAN_OUT * host + 1, min(FAN_OUT * host + 1 + FAN_OUT, self.hosts))
            found += [(to, 0) for to in children]
            found += [((host - 1) // FAN_OUT, 0)] if host else []
        abroad, key = int(self.abroad * 0x10000), self.seed << 8
        for number in range(self.links):
            drawn = xxh3_64_intdigest(_THREE(host, page, number), key)
            if drawn & 0xFFFF < abroad:
                to = (drawn >> 16 & 0xFFFFFF) % self.hosts
                found.append((to, (drawn >> 40) % self.reached(to)))
            else:
                found.append((host, (drawn >> 16) % size))
        return list(dict.fromkeys(found))

    def target(self, host: int, page: int) -> tuple[int, int]:
        """Where a redirect leads: to an index, so never to another redirect."""
        drawn = self._draw(9, host, page)
        if drawn % 2:
            return (drawn >> 1) % self.hosts, 0
        return host, (drawn >> 1) % self.size(host) // FAN_OUT * FAN_OUT

    def latency_of(self, host: int) -> float:
        """Seconds until the host answers."""
        if not self.spread:
            return self.latency
        return self.latency * (1.0 - self.spread + self.spread * 2.0 * self._chance(10, host))

    def _draw(self, what: int, host: int, page: int = 0) -> int:
        """64 random bits, others for each thing that is to be decided."""
        return xxh3_64_intdigest(_TWO(host, page), self.seed << 8 | what)

    def _chance(self, what: int, host: int, page: int = 0) -> float:
        """From 0 to less than 1."""
        return (self._draw(what, host, page) >> 11) / (1 << 53)
