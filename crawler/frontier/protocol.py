"""The port behind which a frontier (a work queue) lives: SQLite for one machine, PostgreSQL for many.

One set of contract tests (``tests/frontier/test_contract.py``) runs against every
implementation.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from crawler.model.messages import Commit, Finished, HostFeedback, StoredRobots, Ticket
from crawler.model.outcomes import Purpose
from crawler.model.rows import HostNow

if TYPE_CHECKING:
    from crawler.config import Config
    from crawler.frontier.earlier_thread import EarlierGeneration
    from crawler.model.spans import Span


class Stored(Protocol):
    """Where the state of a crawl lies, opened."""

    def frontier(
        self,
        config: "Config",
        hash_seed: int,
        generation: int = 1,
        earlier: "EarlierGeneration | None" = None,
    ) -> "Frontier":
        """The frontier of this crawl.

        ``hash_seed`` is the crawl's own, for telling known URLs; ``earlier`` is the generation before.
        """

    def tell_jobs(self, told: "Callable[[Span], None]") -> None:
        """Have ``told`` called with what each job of its thread took, in that thread; there may be none."""


class Frontier(Protocol):
    """What to fetch next, and when. All methods belong to one event loop; those that wait raise StoreFailed.

    The crawl is over when :attr:`pending` and :attr:`leased` are zero.
    """

    @property
    def known(self) -> int:
        """Pages and sitemaps ever taken in; those beyond the depth limit are not."""

    @property
    def done_before(self) -> int:
        """Those of them that were done before this run."""

    @property
    def ends_before(self) -> Mapping[str, int]:
        """How those ended, by outcome; empty where others keep count of that."""

    @property
    def targets(self) -> Mapping[str, int]:
        """All other URLs ever taken in, by what they are asked for: ``asset``, ``external``, …."""

    @property
    def targets_pending(self) -> int:
        """Those of them that wait."""

    @property
    def pending(self) -> int:
        """URLs waiting, targets and those to be tried again included."""

    @property
    def leased(self) -> int:
        """URLs handed out and not yet finished."""

    @property
    def finished(self) -> int:
        """URLs finished since the start, committed or not yet."""

    async def reconcile(self, lengths: dict[str, int]) -> dict[str, int]:
        """Where each sink is to be cut, from what it holds; URLs of batches that one lacks are pending again.

        Before :meth:`restore`.
        """

    is_over: bool
    """Nobody can bring anything more, once nothing is pending and nothing leased here."""
    is_shared: bool
    """Others work at the crawl too, so :meth:`admit` is to be waited for before each request."""

    async def restore(self) -> None:
        """Take over what earlier runs of the crawl have left."""

    async def add(self, urls: Sequence[str], purpose: Purpose = Purpose.PAGE) -> int:
        """Take URLs in (serialised, no fragment) at depth 0; how many of them were new. Idempotent by URL.

        Here and in :meth:`finish`, what is wanted as a page is asked for as a page, even if it is known as
        a target; what is wanted as a target is not taken in where it is known as anything.
        """

    async def pop(self, most: int) -> list[Ticket]:
        """Up to ``most`` tickets whose hosts may be asked now; waits until there is one.

        An empty list means that there will be no more: everything is finished, the page limit
        is reached and all targets are finished, or :meth:`close` was called.
        """

    async def fetched(self, ticket: Ticket, feedback: HostFeedback) -> None:
        """The answer has been read: free the host's slot now, not at the commit, and learn from it."""

    async def retry(self, ticket: Ticket, delay: float) -> None:
        """Hand a ticket back, to be tried again after ``delay`` seconds."""

    @property
    def given_up(self) -> list[str]:
        """Origins that put everything off for too long: pages that were not asked there stay pending."""

    def knows(self, url: str) -> bool:
        """Whether a serialised URL was ever taken in as a page or sitemap."""

    def put_back(self, ticket: Ticket, delay: float = 0.0) -> None:
        """Hand a ticket back at no attempt: first when its host's turn comes, ``delay`` seconds from now."""

    async def turn(self, url: str) -> None:
        """Another request, for ``url``, is to follow in a slot that is held: wait for its turn, count it."""

    async def finish(self, finished: Finished) -> None:
        """Take in what a finished URL leads to, then end its lease. It is not done before :meth:`commit`."""

    async def commit(self, commits: Sequence[Commit]) -> None:
        """Make batches that every sink holds done: ONE transaction with the links and positions."""

    def pause(self, by: str) -> None:
        """Have :meth:`pop` wait, by the wish of ``by``; everything else goes on: what is in flight ends."""

    def resume(self, by: str) -> None:
        """Hand out tickets again, once nobody who called :meth:`pause` wants it otherwise."""

    @property
    def at_once(self) -> int:
        """Tickets that may be handed out and not :meth:`fetched` yet, at most."""

    def set_at_once(self, most: int) -> None:
        """Hand out up to ``most`` at once; what is in flight beyond that is finished."""

    @property
    def paused_by(self) -> Collection[str]:
        """Who has paused it now."""

    def hosts_now(self, most: int, asked: Iterable[str] = ()) -> tuple[int, list[HostNow]]:
        """How many hosts are known; up to ``most`` of them: those in trouble or asked now, then the largest.

        ``asked``: origins that have requests in flight, as far as the caller knows. May be called from any
        thread.
        """

    def close(self) -> None:
        """Hand out no more tickets: whoever waits in :meth:`pop` gets ``[]``, also while it is paused."""

    async def flush(self) -> None:
        """Keep what is only in memory; for the end of a crawl that could not commit it."""

    async def load_robots(self, origin: str) -> StoredRobots | None:
        """The robots.txt that is kept for an origin, by this run or one before."""

    async def save_robots(self, origin: str, status: int, body: bytes) -> None:
        """Keep what an origin has just answered."""

    async def keep(self) -> None:
        """What has to be done all the time, beside everything else: to hold what is owned, to let others in.

        Runs until it is cancelled, or has nothing to do. Raises StoreFailed, or StoreLost.
        """

    async def admit(self) -> None:
        """To be waited for before each request. Raises StoreLost where it may be another's by now."""

    async def save_live(self, picture: str) -> None:
        """Keep how the crawl stands, as JSON, for whoever looks at it from outside."""
