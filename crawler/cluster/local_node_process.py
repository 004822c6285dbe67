"""A node that another process has started on the same machine, seen from both of them.

Runs as: one process, ``crawler node``. In: its settings, as the first line of its standard input. Out: its
log, on standard error. Stops when: the crawl is over, a signal says so, or its parent is gone.

After that line, nothing comes on its standard input, which never ends while the parent lives. So when it does
end, however that came about, the node ends at once, and the crawl goes on wherever else it has nodes.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from crawler.config import Config
from crawler.config.check_values import plain
from crawler.config.settings import KEYS, value_of
from crawler.parse.parse_pool import cores
from crawler.rules.limits import SMALLEST, ceiling_of
from crawler.watch.memory_reading import machine_memory

COMMAND = (sys.executable, "-m", "crawler", "node", "--of-parent")
_STDIN = 0
# Of a node that is killed, multiprocessing's helper removes the semaphores: there is nothing to be warned of.
_WARNINGS = (os.environ.get("PYTHONWARNINGS"), "ignore::UserWarning:multiprocessing.resource_tracker")


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
