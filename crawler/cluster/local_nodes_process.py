"""Several nodes of one crawl on this machine, each a process: the way to use many cores.

::

    crawler run --nodes 3 ── stdin: settings, then nothing ──▶ crawler node (node1) ─▶ its parsers and writers
                          ◀── stderr: its log ───────────────
                          ──▶ node2, node3 likewise

Runs as: processes, one for each node. Stops when: all of them have ended. Fails as: a node that dies is begun
again, a few times; the others go on meanwhile.

A node's standard input never ends while its parent lives. So when it does end, however that came about, the
node ends at once, and the crawl goes on wherever else it has nodes. Nodes are in a session of their own:
signals of the terminal reach this process alone, which hands them on.
"""

import asyncio
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from crawler.cluster.nodes_display import NodesDisplay
from crawler.cluster.standing import Standing, standing
from crawler.config import Config
from crawler.config.check_values import plain
from crawler.config.settings import KEYS, value_of
from crawler.frontier.postgresql.connecting import connect
from crawler.frontier.postgresql.place import Place
from crawler.model.errors import EXIT_STOPPED, CrawlerError, CrawlFailed, UsageError
from crawler.parse.parse_pool import cores
from crawler.rules.limits import SMALLEST, ceiling_of
from crawler.watch.memory_reading import machine_memory

COMMAND = (sys.executable, "-m", "crawler", "node", "--of-parent")
MAX_RESTARTS = 3
"""Times that each node is begun again after it has died."""
TURN = 0.1
"""Seconds between two looks at the processes."""
LOOK = 1.0
"""Seconds between two looks at the crawl, in PostgreSQL."""
ENDED = {0, UsageError.exit_code, CrawlFailed.exit_code, EXIT_STOPPED}
"""Exit codes of nodes that have ended by themselves; with any other one it has died."""
_STDIN = 0
# Of a node that is killed, multiprocessing's helper removes the semaphores: there is nothing to be warned of.
_WARNINGS = (os.environ.get("PYTHONWARNINGS"), "ignore::UserWarning:multiprocessing.resource_tracker")


class Ended(NamedTuple):
    """How the nodes have ended, all of them."""

    last: Standing
    """How the crawl stood then; running where it is not at its end."""
    stopped: bool
    """They were asked to stop."""
    refused: bool
    """None of them has begun."""


def settings_of_parent() -> Config:
    """In a node that :class:`LocalNodes` has started: its settings. From now on it ends with its parent."""
    said = b""
    while not said.endswith(b"\n"):  # there is one line
        if not (more := os.read(_STDIN, 65_536)):
            os._exit(1)
        said += more

    def until_alone() -> None:
        while os.read(_STDIN, 1):
            pass
        os._exit(1)

    threading.Thread(target=until_alone, name="end-with-parent", daemon=True).start()
    told = json.loads(said)
    return Config.load(None, told["values"], env=False, origins=told["origins"])


def share_of(config: Config, count: int, number: int) -> Config:
    """The settings of node ``number`` of ``count``: its name, and its share of this machine.

    Where the user has said how many parsers there are, or how much memory, each node has that.
    """
    cluster = {"cluster.node": f"{config.cluster.node or 'node'}{number}"}
    changes: dict[str, object] = {"progress.show": False, **cluster}
    if config.parse.workers is None:
        changes["parse.workers"] = max(1, cores() // count)
    if config.limits.memory is None and (machine := machine_memory()) is not None:
        changes["limits.memory"] = max(SMALLEST, ceiling_of(machine) // count)
    return config.replace(changes, "crawler run --nodes")


def as_line(config: Config) -> bytes:
    """Those of the settings that are no defaults, each with its origin, as one line of JSON."""
    keys = [key for key in KEYS if config.origin_of(key) != "default"]
    values = {key: msgspec.to_builtins(value_of(config, key), enc_hook=plain) for key in keys}
    told = {"values": values, "origins": {key: config.origin_of(key) for key in keys}}
    return json.dumps(told).encode() + b"\n"


class LocalNode:
    """One of them, from one process to the next."""

    def __init__(self, config: Config, command: Sequence[str]) -> None:
        self.name = config.cluster.node or ""
        self.restarts = 0
        self._settings, self._command = as_line(config), command
        self._half_a_line = b""

    def start(self) -> None:
        """Begin it, or begin it again."""
        self.process = subprocess.Popen(  # noqa: S603 - ourselves
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=os.environ | {"PYTHONWARNINGS": ",".join(filter(None, _WARNINGS))},
        )
        assert self.process.stdin is not None  # noqa: S101 - it is a pipe
        assert self.process.stderr is not None  # noqa: S101 - likewise
        self.stderr = self.process.stderr
        os.set_blocking(self.stderr.fileno(), False)
        with suppress(BrokenPipeError):  # it has died already
            self.process.stdin.write(self._settings)
            self.process.stdin.flush()

    def lines(self) -> list[str]:
        """What it has said since the last time. Raises EOFError after the last line."""
        try:
            said = os.read(self.stderr.fileno(), 65_536)
        except BlockingIOError:
            return []
        if not said:
            raise EOFError
        *lines, self._half_a_line = (self._half_a_line + said).split(b"\n")
        return [line.decode(errors="replace") for line in lines]

    def let_go(self) -> None:
        """Of a process that has ended. What it has started ends by itself."""
        self.stderr.close()
        if self.process.stdin is not None:
            with suppress(BrokenPipeError):
                self.process.stdin.close()


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
        self._signals: list[int] = []
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
                    self._hand_on_signals()
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
        """In the block, SIGINT, SIGTERM and SIGHUP are noted, to be handed on."""
        numbers = [signal.SIGINT, signal.SIGTERM]
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        before = [signal.signal(number, lambda number, _: self._signals.append(number)) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)

    def _hand_on_signals(self) -> None:
        """The first one asks the nodes to finish what is in flight, a later Ctrl-C to stop at once."""
        while self._signals:
            number = self._signals.pop(0)
            if not self._stopped:
                self._stopped = True
                self._send(signal.SIGTERM)
            elif number == signal.SIGINT:
                self._send(signal.SIGINT)

    def _send(self, number: int) -> None:
        for node in self._running:
            with suppress(ProcessLookupError):
                node.process.send_signal(number)

    def _end_all(self) -> None:
        """Leave nobody behind, whatever went wrong here."""
        for node in self._running:
            node.process.kill()
            node.process.wait()
            node.let_go()
        self._running.clear()


def folders_of(out: Path, name: str) -> list[Path]:
    """Those that the incarnations of a node have written in OUT, the oldest first."""
    found = [path for path in out.glob(f"{name}-*/") if path.name.removeprefix(f"{name}-").isdecimal()]
    return sorted(found, key=lambda path: int(path.name.rpartition("-")[2]))
