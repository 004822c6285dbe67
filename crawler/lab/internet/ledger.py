"""The witness (a test oracle): how hard each host was asked, and whenever that was harder than is allowed.

It knows nothing of the crawler but what arrives. It sees requests arrive, not when they were sent, so two may
be closer together here than they were there: ``tolerance`` is for that. What a host asks for (robots.txt,
Crawl-delay, Retry-After) holds from when it has been answered. A few numbers are kept for each host that was
asked, and a byte for each page. All times are seconds on one monotonic clock, which the caller reads, but for
the Unix time at which a violation is noted.
"""

from collections import Counter, deque

import msgspec

from crawler.lab.internet.kinds import RobotsFile
from crawler.lab.internet.report import (
    MAX_NAMED,
    MAX_VIOLATIONS,
    HostReport,
    LedgerReport,
    Limits,
    Rule,
    Violation,
)
from crawler.lab.internet.world import World

_MOST_TIMES = 255
_STARTS = 100_000


class HostNote(msgspec.Struct, gc=False):
    """What is known of one host."""

    robots: RobotsFile | None
    """None where nobody need obey it."""
    requests: int = 0
    """robots.txt too."""
    at_once: int = 0
    peak: int = 0
    """Most that were ever under way at once."""
    shortest_gap: float | None = None
    """Seconds between the starts of two requests; None before the second."""
    violations: int = 0
    last_start: float | None = None
    has_robots: bool = False
    """robots.txt was answered, other than with a failure."""
    rests_from: float = 0.0
    rests_until: float = 0.0
    rest_told_to: int | None = None
    """The connection that the answer with Retry-After went over."""


class Ledger:
    """Filled in by the proxy with each request."""

    def __init__(self, world: World, limits: Limits) -> None:
        self._world, self.limits = world, limits
        self._hosts: dict[int, HostNote] = {}
        self._times = bytearray(world.pages)
        self._pages = self._again = self._requests = self._under_way = self._peak = 0
        self._shortest_gap: float | None = None
        self._files: dict[RobotsFile, RobotsFile] = {}
        """What robots.txt can be: hosts share them."""
        self.failures = self.strange = 0
        self._counts: Counter[Rule] = Counter()
        self._violations: list[Violation] = []
        self._asked_again: list[str] = []
        self._starts: deque[tuple[float, int]] = deque(maxlen=_STARTS)
        """The last ones: Unix time and host."""

    def begin(self, host: int, page: int, now: float, unix: float, connection: int) -> HostNote:
        """A request has arrived over the connection of that number; ``page`` is ROBOTS for robots.txt."""
        note = self._hosts.get(host)
        if note is None:
            robots = self._world.robots(host) if self.limits.robots else None
            note = self._hosts[host] = HostNote(robots and self._files.setdefault(robots, robots))
        early = self._early(note, page, now, connection)
        self._requests += 1
        self._starts.append((unix, host))
        note.requests += 1
        note.at_once += 1
        self._under_way += 1
        if note.at_once > note.peak:
            note.peak = note.at_once
            self._peak = max(self._peak, note.peak)
        note.last_start = now
        for rule, by in early:
            note.violations += 1
            self._counts[rule] += 1
            if len(self._violations) < MAX_VIOLATIONS:
                self._violations.append(Violation(rule, f"h{host}.test", self._world.path(page), unix, by))
        return note

    def end(self, note: HostNote) -> None:
        """Its answer has been written, or its connection is lost."""
        note.at_once -= 1
        self._under_way -= 1

    def rest(self, note: HostNote, now: float, seconds: float, connection: int) -> None:
        """The host was answered with Retry-After, over ``connection``."""
        note.rests_from, note.rest_told_to = now, connection
        note.rests_until = max(note.rests_until, now + seconds)

    def whole(self, note: HostNote, host: int, page: int) -> None:
        """An answer was written whole, and was no failure."""
        if page < 0:
            note.has_robots = True
            return
        number = self._world.first(host) + page
        times = self._times[number]
        self._times[number] = min(times + 1, _MOST_TIMES)
        if not times:
            self._pages += 1
            return
        self._again += 1
        if len(self._asked_again) < MAX_NAMED:
            self._asked_again.append(self._world.url(host, page))

    def since(self, unix: float) -> dict[int, float]:
        """The hosts that were asked at that Unix time or later, of late, each with when it first was."""
        found: dict[int, float] = {}
        for at, host in reversed(self._starts):
            if at < unix:
                break
            found[host] = at
        return found

    def of(self, host: int) -> HostReport:
        """What is to be told of one host."""
        note = self._hosts.get(host, HostNote(None))
        return HostReport(note.requests, note.at_once, note.peak, note.shortest_gap, note.violations)

    def report(self) -> LedgerReport:
        """What is to be told of all."""
        return LedgerReport(
            requests=self._requests,
            under_way=self._under_way,
            hosts=len(self._hosts),
            pages=self._pages,
            again=self._again,
            failures=self.failures,
            strange=self.strange,
            peak=self._peak,
            shortest_gap=self._shortest_gap,
            limits=self.limits,
            counts={rule: self._counts[rule] for rule in Rule},
            violations=self._violations,
            asked_again=self._asked_again,
        )

    def _early(self, note: HostNote, page: int, now: float, connection: int) -> list[tuple[Rule, float]]:
        """What is wrong with the request that arrives now, and by how much; it is not noted yet."""
        found: list[tuple[Rule, float]] = []
        limits, tolerance = self.limits, self.limits.tolerance
        if limits.per_host is not None and note.at_once >= limits.per_host:
            found.append((Rule.PER_HOST, float(note.at_once + 1 - limits.per_host)))
        robots = note.robots
        if note.last_start is not None:
            gap = now - note.last_start
            if note.shortest_gap is None or gap < note.shortest_gap:
                note.shortest_gap = gap
                self._shortest_gap = gap if self._shortest_gap is None else min(gap, self._shortest_gap)
            if limits.delay is not None and gap < limits.delay - tolerance:
                found.append((Rule.DELAY, limits.delay - gap))
            elif robots is not None and note.has_robots and gap < robots.crawl_delay - tolerance:
                found.append((Rule.CRAWL_DELAY, robots.crawl_delay - gap))
        # Over the same connection it was sent when that answer had been read.
        is_told = connection == note.rest_told_to or now >= note.rests_from + limits.notice
        if is_told and now < note.rests_until - tolerance:
            found.append((Rule.RETRY_AFTER, note.rests_until - now))
        # Who has not had robots.txt yet does not know that the page may be asked for.
        may_be_asked = robots is None or (note.has_robots and not self._world.is_forbidden(page, robots))
        if page >= 0 and not may_be_asked:
            found.append((Rule.ROBOTS, 1.0))
        return found
