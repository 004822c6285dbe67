"""Several nodes of one crawl on this machine, each a process: the way to use many cores.

::

    crawler run --nodes 3 ── stdin: settings, then nothing ──▶ crawler node (node1) ─▶ its parsers and writers
                          ◀── stderr: its log ───────────────
                          ──▶ node2, node3 likewise

Runs as: processes, one for each node. Stops when: all of them have ended. Fails as: a node that dies is begun
again, a few times; the others go on meanwhile.

How one of them is started, and ends with its parent: :mod:`crawler.cluster.local_node_process`. Nodes are in
a session of their own: signals of the terminal reach this process alone, which hands them on.
"""

import asyncio
import selectors
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from crawler.cluster.local_node_process import COMMAND, LocalNode, share_of
from crawler.cluster.nodes_display import NodesDisplay
from crawler.cluster.standing import Standing, standing
from crawler.config import Config
from crawler.frontier.postgresql.connecting import connect
from crawler.frontier.postgresql.place import Place
from crawler.model.errors import EXIT_STOPPED, CrawlerError, CrawlFailed, UsageError

MAX_RESTARTS = 3
"""Times that each node is begun again after it has died."""
TURN = 0.1
"""Seconds between two looks at the processes."""
LOOK = 1.0
"""Seconds between two looks at the crawl, in PostgreSQL."""
ENDED = {0, UsageError.exit_code, CrawlFailed.exit_code, EXIT_STOPPED}
"""Exit codes of nodes that have ended by themselves; with any other one it has died."""


class Ended(NamedTuple):
    """How the nodes have ended, all of them."""

    last: Standing
    """How the crawl stood then; running where it is not at its end."""
    stopped: bool
    """They were asked to stop."""
    refused: bool
    """None of them has begun."""


class LocalNodes:
    """All of them. For the main thread, since it handles signals."""

    def __init__(
        self,
        config: Config,
        place: Place,
        count: int,
        *,
        show: bool,
        restarts: int = MAX_RESTARTS,
        command: Sequence[str] = COMMAND,
    ) -> None:
        """``show``: also how the crawl stands, on standard error. ``restarts``: of each node that dies."""
        self._place, self._max_restarts = place, restarts
        self._display = NodesDisplay(show=show)
        shares = (share_of(config, count, number) for number in range(1, count + 1))
        self.nodes = [LocalNode(share, command) for share in shares]
        """In the order of their names."""
        self._running: set[LocalNode] = set()
        self._codes: dict[str, int] = {}
        self._stopped = False
        self._db: Any = None

    def run(self, on_look: Callable[[Standing], None] = lambda _: None, look: float = LOOK) -> Ended:
        """Run them all to their ends, and say how they stand meanwhile; blocks.

        ``on_look`` is called every ``look`` seconds. Raises OutputError and StoreFailed where the database
        cannot be used, before any is started.
        """
        last = Standing("running", 0, 0, {}, {})
        with asyncio.Runner() as loop, selectors.DefaultSelector() as said, self._signals_kept():
            self._db = loop.run(connect(self._place))
            try:
                for node in self.nodes:
                    self._start(node, said)
                due = 0.0
                while self._running:
                    self._hear(said)
                    self._look_after(said)
                    if time.monotonic() >= due:
                        due = time.monotonic() + look
                        if (found := self._looked(loop)) is not None:
                            last = found
                            self._display.show(last)
                            on_look(last)
                last = self._looked(loop) or last
            finally:
                self._display.end()
                self._end_all()
                with suppress(Exception):  # nobody needs it any more
                    loop.run(self._db.close(timeout=1))
        refused = set(self._codes.values()) == {UsageError.exit_code}
        return Ended(last, self._stopped, refused)

    def kill(self, name: str) -> None:
        """SIGKILL to a node: for whoever wants to see what becomes of its work."""
        next(node for node in self.nodes if node.name == name).process.kill()

    def _start(self, node: LocalNode, said: selectors.BaseSelector) -> None:
        node.start()
        said.register(node.stderr, selectors.EVENT_READ, node)
        self._running.add(node)
        if self._stopped:  # a moment ago
            node.process.send_signal(signal.SIGTERM)

    def _hear(self, said: selectors.BaseSelector) -> None:
        if not said.get_map():
            time.sleep(TURN)
        for key, _ in said.select(TURN):
            try:
                self._say(key.data)
            except EOFError:
                said.unregister(key.fileobj)

    def _say(self, node: LocalNode) -> bool:
        """Hand on what the node says; whether there was anything."""
        lines = node.lines()
        for line in lines:
            self._display.line(node.name, line)
        return bool(lines)

    def _look_after(self, said: selectors.BaseSelector) -> None:
        for node in sorted(self._running, key=lambda each: each.name):
            code = node.process.poll()
            if code is None:
                continue
            with suppress(EOFError):
                while self._say(node):
                    pass
            with suppress(KeyError):
                said.unregister(node.stderr)
            node.let_go()
            self._running.discard(node)
            self._codes[node.name] = code
            if code in ENDED or self._stopped:
                continue
            how = f"was killed by signal {-code}" if code < 0 else f"died with exit code {code}"
            is_over = 0 in self._codes.values()
            if node.restarts >= self._max_restarts or is_over:
                self._display.line(node.name, f"{how}; it is not begun again")
                continue
            node.restarts += 1
            self._display.line(node.name, f"{how}; the others have its work, and it is begun again")
            self._start(node, said)

    def _looked(self, loop: asyncio.Runner) -> Standing | None:
        """How the crawl stands; None where the database cannot say so now. The nodes tell of that."""
        try:
            if self._db.is_closed():
                self._db = loop.run(connect(self._place))
            return loop.run(asyncio.wait_for(standing(self._db), 5))
        except (CrawlerError, OSError, TimeoutError):
            return None
        except Exception:
            # asyncpg's errors have no base but this that holds for a connection which breaks off in between.
            self._db.terminate()
            return None

    @contextmanager
    def _signals_kept(self) -> Iterator[None]:
        """In the block, SIGINT, SIGTERM and SIGHUP are handed on, also while the database does not answer."""
        numbers = [signal.SIGINT, signal.SIGTERM]
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        before = [signal.signal(number, self._hand_on) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)

    def _hand_on(self, number: int, _: object) -> None:
        """The first one asks the nodes to finish what is in flight, a later Ctrl-C to stop at once."""
        if self._stopped and number != signal.SIGINT:
            return
        theirs = signal.SIGINT if self._stopped else signal.SIGTERM
        self._stopped = True
        for node in tuple(self._running):
            node.process.send_signal(theirs)  # to one that has ended, it sends nothing

    def _end_all(self) -> None:
        """Leave nobody behind, whatever went wrong here."""
        for node in self._running:
            node.process.kill()
            node.process.wait()
            node.let_go()
        self._running.clear()
