"""The street as a small discrete-event simulation: what a crawl would have taken with other settings.

::

    hosts' turns ─▶ N places: loop ▶ network ▶ loop ─▶ [pages] ─▶ P parsers ▶ loop ─▶ [records] ─▶ writer
         ▲                                                                   │ what the page names
         └───────────────────────────────────────────────────────────────────┘

It replays service times that were recorded: the network's of each URL, the parser's of each page; the
loop's, the writer's and the commit's as means. The loop is one server with a line before it. What computes
shares the machine's cores evenly (processor sharing), the server too where it runs on the same machine: so a
second parser on two cores is worth less than twice as much. A URL may be asked for once the page that first
named it is parsed, and when its host's limits allow it. No clock, no chance: the same input has the same
result.
"""

from collections import deque
from collections.abc import Sequence

from crawler.view.why.machine import Machine
from crawler.view.why.street_times import Street, Visit

AT_ONCE_WRITTEN = 256
"""Records that the writer takes at once, at most: as ``write.batch_records``."""
BATCH_SECONDS = 0.03
"""What a parser's batch should take, as :mod:`crawler.parse.parse_task` has it."""
SHARES = (0.3, 0.3, 0.4)
"""Of the loop's time for one URL: before its request, with its answer, and once it is parsed."""


def seconds_for(visits: Sequence[Visit], street: Street) -> float:
    """What the crawl of ``visits`` takes on ``street``, from the first lease to the last commit."""
    return _Run(visits, street).seconds()


class _Parser:
    """One parser: how many pages it takes at once, and its next batch where it has that already."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.ahead: list[int] = []


class _Run(Machine):
    """One simulated crawl. Every method is called at ``now`` and plans what follows."""

    def __init__(self, visits: Sequence[Visit], street: Street) -> None:
        super().__init__(street.cores)
        self.visits, self.street = visits, street
        self.idle_places = street.at_once
        self.idle_parsers = deque(_Parser(street.batch_pages) for _ in range(street.parsers))
        self.pages: deque[int] = deque()
        self.pages_refused: deque[int] = deque()
        self.records, self.records_held, self.writing = 0, 0, False
        self.parsers_refused: list[_Parser] = []
        self.committed = 0
        self.named: list[list[int]] = [[] for _ in visits]
        self.pending: list[deque[int]] = [deque() for _ in street.hosts]
        self.in_flight, self.next_start = [0] * len(street.hosts), [0.0] * len(street.hosts)
        self.has_answered = [False] * len(street.hosts)
        self.turns: deque[int] = deque()
        self.has_turn = [False] * len(street.hosts)

    def seconds(self) -> float:
        for index, visit in enumerate(self.visits):
            if visit.parent >= 0:
                self.named[visit.parent].append(index)
            else:
                self.pending[visit.host].append(index)
        for host in range(len(self.pending)):
            self.give_turn(host)
        self.lease()
        while self.committed < len(self.visits):
            self.step()
        return self.now

    # -- the frontier and the places -----------------------------------------------------------

    def give_turn(self, host: int) -> None:
        """Put the host in the line of those that may be asked, when it may be."""
        limit = self.street.hosts[host].per_host if self.has_answered[host] else 1
        if self.has_turn[host] or not self.pending[host] or self.in_flight[host] >= limit:
            return
        self.has_turn[host] = True
        if (wait := self.next_start[host] - self.now) <= 0:
            self.turns.append(host)
        else:

            def due() -> None:
                self.turns.append(host)
                self.lease()

            self.after(wait, due)

    def lease(self) -> None:
        while self.idle_places and self.turns:
            host = self.turns.popleft()
            self.has_turn[host] = False
            index = self.pending[host].popleft()
            self.idle_places -= 1
            self.in_flight[host] += 1
            self.next_start[host] = self.now + self.street.hosts[host].delay
            self.give_turn(host)
            self.on_loop(self.street.loop * SHARES[0], lambda index=index: self.ask(index))  # type: ignore[misc]

    def ask(self, index: int) -> None:
        visit, street = self.visits[index], self.street
        network = visit.network * street.network_factor

        def answered() -> None:
            self.after(max(0.0, network - street.server), arrived)

        def arrived() -> None:
            self.on_loop(street.loop * SHARES[1], lambda: self.fetched(index))

        if street.server:
            self.compute(street.server, answered)
        else:
            answered()

    def fetched(self, index: int) -> None:
        visit = self.visits[index]
        self.in_flight[visit.host] -= 1
        self.has_answered[visit.host] = True
        self.give_turn(visit.host)
        if visit.parse is None:
            self.idle_places += 1
            self.on_loop(self.street.loop * SHARES[2], lambda: self.finished(index))
        elif len(self.pages) >= self.street.page_room:
            self.pages_refused.append(index)
        else:
            self.idle_places += 1
            self.pages.append(index)
            self.parse()
        self.lease()

    # -- parsers and the writer ----------------------------------------------------------------

    def parse(self) -> None:
        while self.idle_parsers and self.pages:
            parser = self.idle_parsers.popleft()
            self.begin(parser, self.take(parser.most))

    def take(self, most: int) -> list[int]:
        batch = [self.pages.popleft() for _ in range(min(most, len(self.pages)))]
        while self.pages_refused and len(self.pages) < self.street.page_room:
            self.pages.append(self.pages_refused.popleft())
            self.idle_places += 1
        return batch

    def begin(self, parser: "_Parser", batch: list[int]) -> None:
        parser.ahead = self.take(parser.most) if len(self.pages) >= 2 * parser.most else []
        self.lease()
        began, cost = self.now, sum(self.visits[index].parse or 0.0 for index in batch)
        work = self.on_loop if self.street.parses_in_main else self.compute
        work(cost, lambda: self.parsed(parser, batch, began))

    def parsed(self, parser: "_Parser", batch: list[int], began: float) -> None:
        each = max((self.now - began) / len(batch), 1e-6)
        parser.most = max(1, min(self.street.batch_pages, int(BATCH_SECONDS / each)))
        self.on_loop(self.street.loop * SHARES[2] * len(batch), lambda: self.handed_on(batch))
        if self.records_held >= self.street.record_room:
            self.parsers_refused.append(parser)
        else:
            self.go_on(parser)

    def go_on(self, parser: "_Parser") -> None:
        if parser.ahead:
            self.begin(parser, parser.ahead)
        else:
            self.idle_parsers.append(parser)
            self.parse()

    def handed_on(self, batch: list[int]) -> None:
        for index in batch:
            self.finished(index)

    def finished(self, index: int) -> None:
        for child in self.named[index]:
            host = self.visits[child].host
            self.pending[host].append(child)
            self.give_turn(host)
        self.records += 1
        self.records_held += 1
        if not self.writing:
            self.write()
        self.lease()

    def write(self) -> None:
        count = min(self.records, AT_ONCE_WRITTEN)
        self.writing = bool(count)
        if not count:
            return
        self.records -= count
        street = self.street

        def synced() -> None:
            self.after(street.sync, lambda: self.compute(commit, committed))

        def committed() -> None:
            self.committed += count
            self.records_held -= count
            self.write()
            if self.records_held < street.record_room:
                refused, self.parsers_refused = self.parsers_refused, []
                for parser in refused:
                    self.go_on(parser)

        commit = street.commit_batch + count * street.commit
        self.compute(street.write_batch + count * street.write, synced)
