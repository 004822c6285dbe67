"""Since when each cause stands: over the checks of OUT, and of the older OUT that was named."""

import functools
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from crawler.check.causes import Cause, causes, find
from crawler.check.earlier import standing_file
from crawler.check.earlier.crawls import EarlierCrawl, ended_check, namer_of, older_check, shown
from crawler.check.earlier.names import FAULTS, kept_names, kept_rule
from crawler.check.earlier.standing_file import Before, Key, Standing, Stood
from crawler.check.finding import Since
from crawler.check.site import Facts, open_facts
from crawler.engine.resuming import settings_of
from crawler.frontier.view import FrontierView, generations, open_view
from crawler.model.errors import CrawlerError, UsageError
from crawler.sinks.facts import FactsSink


class Stand:
    """Of all that one check has found, since when it stands."""

    def __init__(self, facts: Facts, out: Path, view: FrontierView, *, keep: bool = False) -> None:
        """From what the rules have found, before anything is left out of it.

        ``keep``: what is learnt of the checks before is left for later ones. Raises UsageError where
        ``check.since`` is no check.
        """
        self._out, self._generation = out, view.generation
        self._position = view.positions().get(FactsSink.name, 0)
        since = facts.site.config.check.since
        before = standing_before(out, view.generation, keep=keep)
        self._now = _step(before, facts, view)
        self._older = None if since is None else _older(older_check(since, out))
        self._has_earlier = before is not None or self._older is not None
        self._name, self._is_own = kept_names(facts.site.config), facts.answers.is_own
        self._crawl, self._shown = namer_of(out), functools.cache(shown)

    def since(self, cause: Cause) -> Since | None:
        """In which crawl it first stood without a gap; None where there is no earlier one."""
        if not self._has_earlier:
            return None
        stood = self._stood(cause)
        if before := self._before(stood):
            return Since(self._shown(before.crawl), before.at, before.checks + stood.checks)
        return Since(self._shown(self._crawl(stood.generation)), stood.at, stood.checks)

    def failed(self, cause: Cause) -> int | None:
        """How many checks of OUT in a row have seen this fault of another site; None where it is none."""
        is_fault = cause.rule in FAULTS and not self._is_own(cause.target)
        return self._stood(cause).checks if is_fault else None

    def keep(self) -> None:
        """Leave it for the next check of OUT."""
        stood = self._now.stood.values()
        lines = (msgspec.structs.replace(one, before=self._before(one)) for one in stood)
        standing_file.write(self._out, self._generation, self._position, self._now.first, lines)

    def _stood(self, cause: Cause) -> Stood:
        return self._now.stood[_key(cause, self._name)]

    def _before(self, stood: Stood) -> Before | None:
        if stood.generation != self._now.first:
            return None
        if self._older is None:
            return stood.before  # a check of OUT before this one has named it
        return self._older.get((stood.rule, stood.target))


def standing_before(out: Path, generation: int, *, keep: bool = False) -> Standing | None:
    """What stood after the last check before a generation of ``out``; None where there was none.

    Where a check has left no file, its facts are looked at; ``keep``: and the file is left.
    """
    standing, unread, name = None, list[EarlierCrawl](), namer_of(out)
    for number in reversed([each for each in generations(out) if each < generation]):
        standing = standing_file.read(out, number)
        if standing is not None:
            break
        with suppress(CrawlerError):  # what cannot be read is no check
            if (check := ended_check(out, number, name)) is not None:
                unread.append(check)
    for check in reversed(unread):
        with suppress(CrawlerError, sqlite3.Error, msgspec.DecodeError):
            standing = _again(standing, check, keep=keep)
    return standing


def _again(before: Standing | None, check: EarlierCrawl, *, keep: bool = False) -> Standing:
    """What stood after an earlier check, from its facts. Raises CrawlerError, sqlite3.Error, DecodeError."""
    config = settings_of(check.out, check.generation)
    with open_view(check.out, check.generation) as view, open_facts(check.out, view, config) as facts:
        find(facts)
        standing, position = _step(before, facts, view), view.positions().get(FactsSink.name, 0)
    if keep:
        standing_file.write(check.out, check.generation, position, standing.first, standing.stood.values())
    return standing


def _older(check: EarlierCrawl) -> Mapping[Key, Before]:
    """What stood in an older check, and since when, with what that knows of still older ones.

    Raises UsageError where it cannot be read.
    """
    standing = standing_file.read(check.out, check.generation)
    if standing is None:
        try:
            standing = _again(standing_before(check.out, check.generation), check)
        except (CrawlerError, sqlite3.Error, msgspec.DecodeError) as error:
            raise UsageError(f"--since {check.name}: it cannot be read: {error}") from error
    out = check.out.absolute()
    name = namer_of(out)
    return {
        key: Before(one.before.crawl, one.before.at, one.before.checks + one.checks)
        if one.before
        else Before(name(one.generation), one.at, one.checks)
        for key, one in standing.stood.items()
    }


def _step(before: Standing | None, facts: Facts, view: FrontierView) -> Standing:
    """What stands after one more check, which has found what is in ``facts``."""
    generation, at = view.generation, view.meta().get("started_at", "")
    name = kept_names(facts.site.config)
    earlier = before.stood if before is not None else {}
    stood = dict[Key, Stood]()
    for key in (_key(cause, name) for cause in causes(facts)):
        one = earlier.get(key) or Stood(*key, generation, at, 0)
        stood[key] = msgspec.structs.replace(one, checks=one.checks + 1)
    return Standing(generation if before is None else before.first, stood)


def _key(cause: Cause, name: Callable[[str], str]) -> Key:
    target = name(cause.target)
    return kept_rule(cause.rule, target), target
