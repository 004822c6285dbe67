"""What OUT holds of an earlier run: whether this one may go on with it, its settings, moving it aside.

Everything here blocks.
"""

import contextlib
import itertools
import json
import os
import shlex
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawler.config import Config
from crawler.engine.lifecycle import lock_folder
from crawler.engine.recipe import flat
from crawler.fetch.session import auth_origins
from crawler.frontier.state_thread import CrawlState
from crawler.frontier.view import FrontierView, damaged_settings, generations, open_view
from crawler.model.cluster import CLUSTER_FILE
from crawler.model.errors import AlreadyFinished, CrawlerError, OutputError
from crawler.plumbing.fork_server_process import remove_leftovers
from crawler.sinks import SINKS

FIXED_KEYS = (
    "seeds",
    "scope",
    "sitemaps.follow",
    "sitemaps.urls",
    "write.sinks",
    "parse.extract",
    "parse.keep_text",
    "check.folder",
    "check.base_path",
    "check.external",
    *(name for name, sink in SINKS.items() if sink.options is not None),
)
"""What a crawl may not change when it goes on: the output would be of two minds."""


def check_goes_on(
    config: Config, logins: Mapping[str, str], out: Path, state: CrawlState, meta: dict[str, str]
) -> dict[str, str]:
    """What ``crawl.db`` says of a crawl that goes on with ``config``; one that brought nothing begins again.

    Raises AlreadyFinished, OutputError, StoreFailed.
    """
    _check_same(config, _saved(out, meta["settings"]), out)
    check_logins(config, logins, out, meta)
    counts = state.read(FrontierView.counts)
    pages, limit = counts["ok"] + counts["truncated"] + counts["error"], config.scope.max_pages
    if counts["pending"] and (limit is None or pages < limit):
        return meta
    # Targets are asked for whatever the limit of pages is.
    left = any(found["pending"] for found in targets_of(state, config).values())
    if meta["state"] == "finished" and not left:
        raise AlreadyFinished(
            _nothing_left(config, out, meta, pages, state.read(FrontierView.totals) | counts)
        )
    if meta["state"] == "incomplete" and not state.read(FrontierView.pages_ok)[0]:
        state.begin_again()
        return state.read(FrontierView.meta)
    return meta


def check_files(config: Config, out: Path) -> None:
    """Raises OutputError where this version cannot go on with a file of an earlier one.

    To be called before anything in OUT is changed, so that the other version still can.
    """
    generation = generations(out)[-1]
    for sink in (SINKS[name] for name in config.write.sinks):
        path = out / sink.file_of(generation)
        if (why := sink.refused(path)) is not None:
            with open_view(out, generation) as view:
                if view.meta().get("state") != "finished" or view.counts()["pending"]:
                    raise OutputError(f"{path} cannot be gone on with: {why}")


def check_logins(config: Config, logins: Mapping[str, str], out: Path, meta: Mapping[str, str]) -> None:
    """Raises OutputError where the crawl in OUT had logins that are missing now."""
    if missing := missing_logins(config, logins, meta):
        raise OutputError(
            f"{out} holds a crawl whose seed at {min(missing)} had a user and password in its URL, which are"
            " not saved: go on with `crawler run` and the same seeds, logins and -o"
        )


def missing_logins(config: Config, logins: Mapping[str, str], meta: Mapping[str, str]) -> set[str]:
    """The origins for which the crawl had a login in a seed's URL, by its ``meta``, and now there is none."""
    return set(json.loads(meta.get("logins", "[]"))) - set(logins) - auth_origins(config)


def targets_of(state: CrawlState, config: Config) -> dict[str, dict[str, int]]:
    """What :meth:`FrontierView.targets` says; nothing is looked for where there cannot be any."""
    return state.read(FrontierView.targets) if config.write.keeps_facts else {}


def _nothing_left(
    config: Config, out: Path, meta: Mapping[str, str], pages: int, totals: Mapping[str, Any]
) -> str:
    """Why a crawl that ended does not go on: a limit keeps it from that, or it is done."""
    ended, limit = meta.get("ended_at", "an unknown time"), config.scope.max_pages
    if limit is not None and totals["pending"]:
        return (
            f"a limit ended the crawl in {out} at {ended}: scope.max_pages is {limit:,}, it has"
            f" {pages:,} pages, {totals['pending']:,} URLs are pending; to go on:"
            f" crawler resume {shlex.quote(str(out))} --max-pages N, with a higher N"
        )
    deep = totals["links_too_deep"]
    beyond = f" ({deep:,} links were too deep; scope.max_depth cannot change any more)" if deep else ""
    found = f"; what it found: crawler report {shlex.quote(str(out))}" if config.check.enabled else ""
    return (
        f"the crawl in {out} finished already, at {ended}{beyond}: to crawl the site once more, --again"
        " keeps this beside what will be new, --fresh moves it aside (from Python: again=True, fresh=True);"
        f" or choose another folder{found}"
    )


def _check_same(now: Config, before: Config, out: Path) -> None:
    for key, was, wanted in different(now, before, FIXED_KEYS):
        if key != "scope.max_pages":
            raise OutputError(
                f"{out} holds a crawl with {key} = {json.dumps(was)}, not {json.dumps(wanted)}:"
                " choose another folder, or the same value; --fresh moves it aside"
            )


def different(now: Config, before: Config, keys: Collection[str]) -> Iterator[tuple[str, object, object]]:
    """Of ``keys``, and of those in the sections among them, the values that differ: key, before, now."""
    new, old = flat(now), flat(before)
    for key in sorted(old.keys() | new.keys()):
        is_meant = any(key == one or key.startswith(f"{one}.") for one in keys)
        if is_meant and new.get(key) != old.get(key):
            yield key, old.get(key), new.get(key)


def settings_of(out: Path, generation: int | None = None) -> Config:
    """The settings that the crawl in OUT was started with, a generation of it, by default the last.

    Raises OutputError where there is none, StoreFailed where it is damaged.
    """
    with open_view(out, generation) as view:
        text = view.meta().get("settings")
    if text is None:
        raise OutputError(f"{out} holds no crawl that could go on: its crawl.db has no settings")
    return _saved(out, text)


def _saved(out: Path, text: str) -> Config:
    try:
        json.loads(text)
    except ValueError as error:
        raise damaged_settings(out, error) from error
    return Config.from_json(text)


def note_interrupted(out: Path) -> bool:
    """Note that this process runs the crawl in OUT no longer; False where there is none to go on with.

    For an interrupt before there was an event loop to listen for it. Raises StoreFailed.
    """
    try:
        settings_of(out)
    except CrawlerError:
        return False
    state = CrawlState(out)
    try:
        meta = state.read(FrontierView.meta)
        if (meta.get("state"), meta.get("pid")) == ("running", str(os.getpid())):
            state.note({"state": "stopped"})
    finally:
        state.close()
    return True


def move_aside(out: Path) -> Path | None:
    """Rename OUT where it holds a crawl, finished or not; its new name, None where there was nothing to move.

    A folder in which nothing was crawled keeps its name. Raises OutputError, OutputBusyError.
    """
    if not generations(out) and not (out / CLUSTER_FILE).exists():
        return None
    if Path.cwd().is_relative_to(out.resolve()):
        raise OutputError(f"{out} cannot be moved aside: it is the folder from which this is run")
    lock = lock_folder(out)  # nobody else writes there
    try:
        for of_node in out.glob(f"*/{lock.path.name}"):
            lock_folder(of_node.parent).release()  # nor in a node's folder
        # What a killed crawl has left in the system is removed by the next start, which will not see this.
        with contextlib.suppress(CrawlerError, KeyError, ValueError), open_view(out) as view:
            remove_leftovers(view.meta()["leftovers"])
        name = f"{out.absolute().name}-{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}"
        names = (name if n == 1 else f"{name}-{n}" for n in itertools.count(1))
        aside = next(path for one in names if not (path := out.with_name(one)).exists())
        out.rename(aside)
        lock.path = aside / lock.path.name  # OUT may be another crawl's from now on
    except OSError as error:
        raise OutputError(f"{out} cannot be moved aside: {error.strerror or error}") from error
    finally:
        lock.release()
    return aside
