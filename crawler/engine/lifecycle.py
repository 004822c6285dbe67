"""How a crawl begins and ends in its output folder: lock, start, resume, refuse.

Everything here blocks and runs before or after the event loop's work, or in a thread.
"""

import json
import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from crawler.config import Config
from crawler.config.problems import shown
from crawler.fetch.session import auth_origins
from crawler.frontier.state import CrawlState
from crawler.frontier.view import FrontierView, damaged_settings, open_view
from crawler.model.errors import AlreadyFinished, CrawlerError, OutputError, UsageError
from crawler.model.outcomes import Kind
from crawler.plumbing.fork_server_process import note_leftovers, remove_leftovers
from crawler.rules.urls import login, origin, resolve

FIXED_KEYS = (
    "seeds",
    "scope",
    "sitemaps.follow",
    "sitemaps.urls",
    "write.sinks",
    "parse.extract",
    "parse.keep_text",
)
"""What a crawl may not change when it goes on: the output would be of two minds."""
UNREACHABLE = {Kind.TIMEOUT, Kind.CONNECT, Kind.RESET, Kind.TLS, Kind.DNS, Kind.FORBIDDEN_ADDRESS}
"""Kinds that mean that no answer came at all."""


def now_utc() -> str:
    """The time as RFC 3339, UTC, in seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Opened(msgspec.Struct):
    """What a start finds."""

    state: CrawlState
    hash_seed: int
    """Of the crawl's own, so that no site can make two of its URLs look like one."""
    runs: int
    """How many times the crawl was begun or resumed, this time included."""
    started_at: str
    next_batch: int
    logins: Mapping[str, str]
    """The logins of the seeds' URLs: ``user:password`` by origin. Never saved."""


def open_crawl(config: Config, out: Path, logins: Mapping[str, str]) -> Opened:
    """Open or create ``crawl.db`` in OUT for this configuration and the seeds' logins.

    Raises AlreadyFinished where nothing is left to do; OutputError where OUT holds another crawl, naming
    the key and both values, or one that had logins which are missing now; StoreFailed.
    """
    if not (out / "crawl.db").exists():
        _refuse_records(out, "no crawl.db")
    state = CrawlState.open(out)
    try:
        meta = state.read(FrontierView.meta)
        if "leftovers" in meta:
            remove_leftovers(meta["leftovers"])
        is_new = "settings" not in meta
        if is_new:
            # The settings are on the disk before any record is: whose are these?
            _refuse_records(out, "a crawl.db that says nothing of them")
            meta |= {
                "state": "new",
                "hash_seed": str(secrets.randbits(63)),
                "runs": "0",
                "started_at": now_utc(),
            }
        else:
            _check_same(config, _saved(out, meta["settings"]), out)
            _check_logins(config, logins, meta, out)
            if _nothing_left(config, state.read(FrontierView.counts)):
                if meta["state"] == "finished":
                    raise _finished(out, config, meta)
                if meta["state"] == "incomplete" and not state.read(FrontierView.pages_ok)[0]:
                    state.begin_again()
                    meta = state.read(FrontierView.meta)
        opened = Opened(
            state,
            int(meta["hash_seed"]),
            int(meta["runs"]) + 1,
            meta["started_at"],
            int(meta.get("batch", 0)) + 1,
            logins,
        )
        meta |= {
            "settings": config.to_json(),
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
        state.close()
        raise state.damaged(f"its settings: {error}") from error
    except BaseException:
        state.close()
        raise
    return opened


def _refuse_records(out: Path, but: str) -> None:
    if any(out.glob("records.*")):
        raise OutputError(f"{out} holds records but {but}: choose another folder")


def note_interrupted(out: Path) -> None:
    """Note that this process stopped before it crawled, where ``crawl.db`` says that it still does.

    For an interrupt in the middle of :func:`open_crawl`, at whatever point. Raises StoreFailed, OutputError.
    """
    state = CrawlState.open(out)
    try:
        meta = state.read(FrontierView.meta)
        if (meta.get("state"), meta.get("pid")) == ("running", str(os.getpid())):
            state.note({"state": "stopped"})
    finally:
        state.close()


def _nothing_left(config: Config, counts: dict[str, int]) -> bool:
    pages = counts["ok"] + counts["truncated"] + counts["error"]
    limit = config.scope.max_pages
    return not counts["pending"] or (limit is not None and pages >= limit)


def _finished(out: Path, config: Config, meta: Mapping[str, str]) -> AlreadyFinished:
    limit, ended = config.scope.max_pages, meta.get("ended_at", "an unknown time")
    higher = "" if limit is None else f" (with at most {limit:,} pages: a higher scope.max_pages goes on)"
    return AlreadyFinished(
        f"the crawl in {out} finished already, at {ended}{higher}: to crawl anew, --fresh moves it aside"
        " (from Python: fresh=True), or choose another folder"
    )


def _check_same(now: Config, before: Config, out: Path) -> None:
    new, old = _flat(now), _flat(before)
    for key in sorted(old.keys() | new.keys()):
        if new.get(key) == old.get(key) or key == "scope.max_pages":
            continue
        if any(key == fixed or key.startswith(f"{fixed}.") for fixed in FIXED_KEYS):
            was, wanted = json.dumps(old.get(key)), json.dumps(new.get(key))
            raise OutputError(
                f"{out} holds a crawl with {key} = {was}, not {wanted}:"
                " choose another folder, or the same value; --fresh moves it aside"
            )


def _check_logins(config: Config, logins: Mapping[str, str], meta: Mapping[str, str], out: Path) -> None:
    missing = set(json.loads(meta.get("logins", "[]"))) - set(logins) - auth_origins(config)
    if missing:
        raise OutputError(
            f"{out} holds a crawl whose seed at {min(missing)} had a user and password in its URL, which are"
            " not saved: go on with `crawler run` and the same seeds, logins and -o"
        )


def _flat(config: Config) -> dict[str, object]:
    flat: dict[str, object] = {}
    for section, value in json.loads(config.to_json()).items():
        if isinstance(value, dict):
            flat |= {f"{section}.{key}": inner for key, inner in value.items()}
        else:
            flat[section] = value
    return flat


def settings_of(out: Path) -> Config:
    """The settings that the crawl in OUT was started with.

    Raises OutputError where there is none, StoreFailed where it is damaged.
    """
    with open_view(out) as view:
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


def has_settings(out: Path) -> bool:
    """Whether there is a crawl in OUT that could be resumed."""
    try:
        settings_of(out)
    except CrawlerError:
        return False
    return True


def serialised(config: Config) -> Config:
    """The same settings with every URL as the WHATWG URL standard writes it, each once.

    ``http://Example.com`` and ``http://example.com/#top`` are one page, and one crawl. Users and passwords
    are left out, since all this is saved and shown: :func:`logins` has them.
    """
    return config.replace(
        {
            "seeds": list(dict.fromkeys(_serialise("seeds", url) for url in config.seeds)),
            "scope.origins": list(
                dict.fromkeys(_serialise("scope.origins", url) for url in config.scope.origins)
            ),
            "sitemaps.urls": list(
                dict.fromkeys(_serialise("sitemaps.urls", url) for url in config.sitemaps.urls)
            ),
        }
    )


def _serialise(key: str, url: str) -> str:
    found = resolve(url)
    if found is None:
        raise UsageError(f"{key}: {shown(url)} is not an http or https URL that could be asked for")
    return login(found)[0]


def logins(config: Config) -> dict[str, str]:
    """What the seeds and ``scope.origins`` have before an @: ``user:password`` by origin."""
    found = {}
    for text in (*config.seeds, *config.scope.origins):
        url, pair = login(resolve(text) or "")
        if pair is not None:
            found[origin(url)] = pair
    return found


def require_seeds(config: Config) -> None:
    """Raises UsageError where there is nothing to crawl."""
    if not config.seeds:
        raise UsageError("no seed: name a URL on the command line, or seeds = [...] in the config file")
