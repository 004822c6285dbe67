"""The next generation of a crawl: whether there may be one, what it begins with, and what it can compare.

Everything here blocks.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from crawler.config import Config
from crawler.engine.lifecycle import now_utc, refuse_records, saved_settings
from crawler.engine.recipe import differences
from crawler.engine.resuming import check_logins, different
from crawler.frontier.earlier_thread import EarlierGeneration
from crawler.frontier.next_generation import make_database
from crawler.frontier.view import open_view
from crawler.model.errors import AlreadyFinished, OutputError, UsageError
from crawler.sinks import SINKS
from crawler.watch.summary import SUMMARY_FILE, kept_summary

_SAME_KEYS = (
    "seeds",
    "scope",
    "sitemaps.follow",
    "sitemaps.urls",
    "check.folder",
    "check.base_path",
    "check.external",
)
"""Which URLs belong to the crawl: what differs between two generations is then the site's doing."""


def begin_next(config: Config, out: Path, logins: Mapping[str, str], recipe: str) -> bool:
    """Make the next generation of the crawl in OUT, which must be locked; ``recipe`` as :func:`recipe_of`.

    Where the last one has not ended, none is made: that is to be gone on with. Returns whether one was.

    Raises OutputError where the crawl is another one, or has not ended and left out other pages; UsageError
    where records cannot be taken over though pages are to be left out; AlreadyFinished where nothing failed
    that is to be asked again; StoreFailed.
    """
    with open_view(out) as view:
        meta, generation = view.meta(), view.generation
        if "settings" not in meta:
            return True  # nothing was crawled there: this is the first generation
        counts, targets = view.counts(), view.targets().values()
        pending = counts["pending"] + sum(ends["pending"] for ends in targets)
        if meta.get("state") in ("running", "stopped") or (meta.get("state") != "finished" and pending):
            _check_left_out_alike(config, Config.from_json(meta["settings"]), out)
            return False
        _check_same(config, Config.from_json(meta["settings"]), out)
        check_logins(config, logins, out, meta)
        _check_left_out(config, meta.get("recipe", ""), recipe, out)
        failed = counts["error"] + sum(ends["error"] for ends in targets)
        if config.recrawl.failed and config.recrawl.older_than is None and not failed:
            raise AlreadyFinished(f"no URL of the crawl in {out} failed: there is nothing to be asked again")
        ends = {name: end for name, end in view.positions().items() if _is_shared(name, out)}
    for sink in map(SINKS.__getitem__, config.write.sinks):
        if sink.name not in ends:
            refuse_records([sink], out, generation + 1, "that are not of this crawl")
    if (out / SUMMARY_FILE).exists():
        shutil.copyfile(out / SUMMARY_FILE, kept_summary(out, generation))
    entries = {
        "generation": str(generation + 1),
        "hash_seed": meta["hash_seed"],
        "settings": saved_settings(config),
        "state": "stopped",
        "runs": "0",
        "started_at": now_utc(),
        "logins": meta.get("logins", "[]"),
        "recipe": recipe,
    }
    make_database(out, generation + 1, entries, ends, int(meta["hash_seed"]))
    return True


def _is_shared(name: str, out: Path) -> bool:
    sink = SINKS.get(name)
    return sink is not None and not sink.is_per_generation and (out / sink.file_name).exists()


def _check_same(now: Config, before: Config, out: Path) -> None:
    found = [
        f"{key} = {json.dumps(was)}, not {json.dumps(wanted)}"
        for key, was, wanted in different(now, before, _SAME_KEYS)
        if key != "scope.max_pages"
    ]
    if found:
        raise OutputError(
            f"{out} holds a crawl with {'; with '.join(found)}: a further generation is of the same URLs;"
            " choose another folder, or the same values"
        )


def _check_left_out_alike(now: Config, before: Config, out: Path) -> None:
    if now.recrawl != before.recrawl:
        raise OutputError(
            f"the crawl in {out} was stopped before its end, and with other values of recrawl.failed or"
            f" recrawl.older_than: first crawler resume {out}, then again"
        )


def _check_left_out(config: Config, before: str, now: str, out: Path) -> None:
    """Raises UsageError where pages are to be left out, and their records would be wrong by now."""
    if not config.recrawl.failed and config.recrawl.older_than is None:
        return
    key = "recrawl.failed" if config.recrawl.failed else "recrawl.older_than"
    why = next(differences(before, now), None)
    if why is not None:
        raise UsageError(
            f"{key} ({config.origin_of(key)}) takes records of the crawl in {out} over as they are, but"
            f" {why}: leave it out, and all pages are asked for"
        )


def earlier_of(out: Path, generation: int, recipe: str) -> tuple[EarlierGeneration, bool]:
    """The one before ``generation``; whether its records are what the same pages would give now.

    Raises StoreFailed, OutputError.
    """
    with open_view(out, generation - 1) as before:
        meta, sinks = before.meta(), before.sinks()
    there = [sink for name in sinks if (sink := SINKS.get(name)) is not None]
    records = [
        (sink, path)
        for sink in there
        if sink.holds_records and not sink.missing() and (path := out / sink.file_of(generation - 1)).exists()
    ]
    facts = [out / sink.file_of(generation - 1) for sink in there if not sink.holds_records]
    hash_seed = int(meta["hash_seed"])
    made = EarlierGeneration(
        out, generation, hash_seed, records[0] if records else None, facts[0] if facts else None
    )
    return made, bool(records) and next(differences(meta.get("recipe", ""), recipe), None) is None
