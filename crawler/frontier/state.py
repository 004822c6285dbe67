"""The crawl as a whole, as ``crawl.db`` keeps it: for before and after the event loop's work."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self, TypeVar

from crawler.frontier import rows, schema
from crawler.frontier.store_thread import StoreThread
from crawler.frontier.view import FrontierView
from crawler.model.errors import StoreFailed

T = TypeVar("T")


class CrawlState:
    """Owns ``crawl.db`` from :meth:`open` to :meth:`close`; every method blocks, and raises StoreFailed."""

    def __init__(self, store: StoreThread) -> None:
        self.store = store
        """For the frontier alone."""

    @classmethod
    def open(cls, out: Path) -> Self:
        """Open or create it in OUT. Raises OutputError where it is not a crawl's."""
        store = StoreThread(out / "crawl.db")
        store.start()
        return cls(store)

    def read(self, job: Callable[[FrontierView], T]) -> T:
        """What ``job`` makes of all that is known of the crawl."""
        return self.store.run(lambda db: job(FrontierView(db)))

    def note(self, entries: Mapping[str, str]) -> None:
        """Keep entries about the crawl: see :meth:`FrontierView.meta`."""
        self.store.run(lambda db: rows.set_meta(db, dict(entries)))

    def note_live(self, picture: str) -> None:
        """Keep how the crawl stands, as JSON, for whoever looks at it from outside."""
        self.store.run(lambda db: rows.save_live(db, picture))

    def sync(self) -> None:
        """From now on a power loss takes nothing back of what was noted before."""
        self.store.run(schema.sync)

    def begin_again(self) -> None:
        """Forget every URL and record; the settings stay."""
        self.store.run(rows.begin_again)

    def damaged(self, what: str) -> StoreFailed:
        """The error that says that something in it cannot be read."""
        return schema.damaged(self.store.path, what)

    def close(self) -> None:
        """Write what was sent, and let go of it. May be repeated."""
        self.store.stop()
