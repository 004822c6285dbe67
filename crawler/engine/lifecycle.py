"""How a crawl is opened in its output folder: the folder's lock, and what ``crawl.db`` says before it begins.

Everything here blocks and runs before or after the event loop's work, or in a thread. What an earlier run
left there is looked at in :mod:`crawler.engine.resuming`.
"""

import contextlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.config import Config
from crawler.config.problems import shown
from crawler.config.watching_sections import DashboardConfig
from crawler.engine.opened import Opened
from crawler.engine.recipe import recipe_of
from crawler.frontier.state_thread import CrawlState
from crawler.frontier.view import FrontierView, damaged_settings, generations
from crawler.model.cluster import CLUSTER_FILE
from crawler.model.errors import OutputBusyError, OutputError, UsageError
from crawler.plumbing.file_lock import FileLock, LockBusy
from crawler.plumbing.fork_server_process import note_leftovers, remove_leftovers
from crawler.rules.urls import login, normalised, origin, resolve
from crawler.sinks import SINKS
from crawler.sinks.base import Sink

SPOOL = "spool"
"""Folder in OUT for bodies on their way to a parser; emptied at each start and end."""


def now_utc() -> str:
    """The time as RFC 3339, UTC, in seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def serialised(config: Config) -> tuple[Config, dict[str, str]]:
    """The same settings with every URL as the WHATWG URL standard writes it, each once; and its logins.

    ``http://Example.com`` and ``http://example.com/#top`` are one page, and one crawl. What stands before an
    @ is left out, since the settings are saved and shown: it is returned as ``user:password`` by origin.
    Raises UsageError.
    """
    logins: dict[str, str] = {}
    changed = {}
    scope, sitemaps = config.scope, config.sitemaps
    keys = {"seeds": config.seeds, "scope.origins": scope.origins, "sitemaps.urls": sitemaps.urls}
    for key, texts in keys.items():
        urls: dict[str, None] = {}
        for text in texts:
            found = resolve(text)
            if found is None:
                raise UsageError(f"{key}: {shown(text)} is not an http or https URL that could be asked for")
            url, pair = login(normalised(found) if scope.normalise == "rfc3986" else found)
            urls[url] = None
            if pair is not None and key != "sitemaps.urls":
                logins[origin(url)] = pair
        if urls:  # what nobody has set stays so
            changed[key] = list(urls)
    return config.replace(changed), logins


def new_folder(seeds: tuple[str, ...], parent: Path = Path("crawls")) -> Path:
    """Make ``crawls/HOST-UTCTIME``, under a name that nothing has yet. Raises OutputError."""
    host = re.sub(r"[^\w.-]+", "-", urlsplit(seeds[0]).netloc.rpartition("@")[2]).strip("-")
    name = f"{host}-{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}"
    for n in range(1, 1000):
        path = parent / (name if n == 1 else f"{name}-{n}")
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise OutputError(f"{path} cannot be made: {error.strerror or error}") from error
        return path
    raise OutputError(f"{parent} holds a thousand folders named {name} already")


def lock_folder(out: Path) -> FileLock:
    """OUT, made if need be and locked against a second crawl. Raises OutputError, OutputBusyError."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / "crawl.lock")
        lock.acquire(timeout=0.0)
    except LockBusy as busy:
        raise OutputBusyError(f"{out} is in use by another crawl, pid {busy.pid}") from None
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror or error}") from error
    return lock


@contextlib.contextmanager
def output_folder(out: Path) -> Iterator[None]:
    """OUT, locked, with an empty spool folder. Raises OutputError, OutputBusyError."""
    lock = lock_folder(out)
    try:
        shutil.rmtree(out / SPOOL, ignore_errors=True)
        (out / SPOOL).mkdir()
        yield
    finally:
        shutil.rmtree(out / SPOOL, ignore_errors=True)
        lock.release()


@contextlib.contextmanager
def open_crawl(
    config: Config, out: Path, logins: Mapping[str, str], extract: Callable[..., Any] | None = None
) -> Iterator[Opened[CrawlState]]:
    """``crawl.db`` in OUT, opened or created for this configuration and the seeds' logins.

    Where the crawl is to be done again, that is a new generation's, unless the last one has not ended.
    ``extract`` is a function given as such.

    Raises AlreadyFinished where nothing is left to do; OutputError where OUT holds another crawl, naming the
    key and both values, or one that had logins which are missing now, or one of several nodes; StoreFailed.
    """
    recipe = recipe_of(config, extract)
    if generations(out) or (out / CLUSTER_FILE).exists():
        from crawler.engine.shared import refuse_shared  # most crawls are the first in their folder

        refuse_shared(out)
    goes_on = False
    if not generations(out):
        refuse_records(SINKS.values(), out, 1, "but no crawl.db")
    elif config.again:
        from crawler.engine.recrawl import begin_next

        goes_on = not begin_next(config, out, logins, recipe)
    if generations(out) and (goes_on or not config.again):
        from crawler.engine.resuming import check_files

        check_files(config, out)
    state = CrawlState(out)
    with contextlib.ExitStack() as closing:
        closing.callback(state.close)
        opened = _note_start(state, config, out, logins, recipe)
        opened.goes_on = goes_on
        if opened.generation > 1:
            from crawler.engine.recrawl import earlier_of

            opened.earlier, opened.is_comparable = earlier_of(out, opened.generation, recipe)
            closing.callback(opened.earlier.close)
        yield opened


def saved_settings(config: Config) -> str:
    """The settings as they are kept: whoever goes on with a crawl does not begin the next generation.

    Nor is its page served again unasked: its token is kept nowhere, and without one it would be open to all.
    """
    page = {"dashboard.port": None, "dashboard.host": DashboardConfig().host, "dashboard.token": None}
    return config.replace({"again": False, **page}).to_json()


def _note_start(
    state: CrawlState, config: Config, out: Path, logins: Mapping[str, str], recipe: str
) -> Opened[CrawlState]:
    try:
        meta = state.read(FrontierView.meta)
        if "leftovers" in meta:
            remove_leftovers(meta["leftovers"])
        is_new = "settings" not in meta
        if is_new:
            # The settings are on the disk before any record is: whose are these?
            refuse_records(SINKS.values(), out, 1, "but a crawl.db that says nothing of them")
            meta["recipe"] = recipe
            meta["hash_seed"], meta["runs"], meta["started_at"] = str(secrets.randbits(63)), "0", now_utc()
        else:
            from crawler.engine.resuming import check_goes_on  # most crawls are new

            meta = check_goes_on(config, logins, out, state, meta)
        opened = Opened(
            state,
            int(meta.get("generation", 1)),
            int(meta["hash_seed"]),
            int(meta["runs"]) + 1,
            meta["started_at"],
            int(meta.get("batch", 0)) + 1,
            logins,
        )
        meta |= {
            "settings": saved_settings(config),
            # Records that were made in two ways are comparable with none.
            "recipe": recipe if meta.get("recipe") == recipe else "",
            "state": "running",
            "runs": str(opened.runs),
            "pid": str(os.getpid()),
            "leftovers": note_leftovers(),
            "logins": json.dumps(sorted(logins)),
        }
        state.note(meta)
        if is_new:
            # A power loss may undo the last transactions, but not this one: without it there
            # would be records and nothing by which to go on.
            state.sync()
    except (KeyError, ValueError) as error:
        raise damaged_settings(out, error) from error
    return opened


def refuse_records(sinks: Iterable[type[Sink]], out: Path, generation: int, but: str) -> None:
    """Raises OutputError where there are records already, of a generation that is to begin."""
    if any((out / sink.file_of(generation)).exists() for sink in sinks if sink.holds_records):
        raise OutputError(f"{out} holds records {but}: choose another folder")
