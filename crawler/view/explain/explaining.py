"""``crawler explain``: why a URL is, or is not, in a crawl, and by which way it was found.

It is found out from what the crawl has left, or leaves just now: its database, its settings with the rules
that they stand for, each robots.txt that was kept, and its records. Nothing is asked for.
"""

import time
from itertools import islice
from pathlib import Path

from crawler.config import Config
from crawler.config.problems import shown
from crawler.engine.resuming import settings_of
from crawler.frontier.found import UrlRow
from crawler.frontier.view import FrontierView, open_view
from crawler.model.errors import OutputError, RecordsElsewhere, UsageError
from crawler.model.outcomes import Kind, Purpose, State
from crawler.model.record import decode, timestamp
from crawler.rules import robots
from crawler.rules.robots_why import decided
from crawler.rules.scope import Scopes
from crawler.rules.url_changes import changes
from crawler.rules.urls import login, normalised, origin, resolve
from crawler.view.explain.explanation import Explanation, LinkedFrom, RecordAt, RobotsKept, WayStep
from crawler.view.explain.kept_out import kept_out
from crawler.view.explain.nearest import nearest
from crawler.watch.status import judge
from crawler.write.reading import Naming, Recorded, pages_naming, record_of

SHOWN = 20
"""Pages that lead to the URL, at most."""


def explain(text: str, out: Path, generation: int | None = None) -> Explanation:
    """Why the URL ``text`` is or is not in the crawl in ``out``: in a generation of it, by default the last.

    Raises UsageError where it is no URL, OutputError where ``out`` holds no crawl, StoreFailed where that is
    damaged.
    """
    found = resolve(text)
    if found is None:
        raise UsageError(f"{shown(text)} is not an absolute http:// or https:// URL")
    config = settings_of(out, generation)
    is_rfc3986 = config.scope.normalise == "rfc3986"
    url, pair = login(normalised(found) if is_rfc3986 else found)
    with open_view(out, generation) as view, view.one_moment():
        told = Explanation(
            given=text if pair is None else url,
            url=url,
            changes=changes(text, as_rfc3986=is_rfc3986),
            out=str(out),
            generation=view.generation,
            crawl_state=judge(view.meta(), view.live() or {}, time.time()).state,
        )
        _tell(told, view, config, out)
    return told


def _tell(told: Explanation, view: FrontierView, config: Config, out: Path) -> None:
    row = next(iter(view.rows_of([told.url])), None)
    recorded = Recorded(out, view.generation, view.sinks(), view.parts(out))
    told.robots = _robots(told.url, view, config)
    redirecting = view.redirecting_to(told.url)
    namings = _leading(told, recorded, redirecting)
    if row is not None:
        told.is_in = row.purpose.is_recorded and row.state is not State.BEYOND
        _tell_row(told, row, view)
        if row.batch is not None and told.is_in:
            told.record = _record(told, row.url, row.batch, recorded, view)
    if not told.is_in:
        pending = view.counts()["pending"]
        scope = Scopes.of_crawl(config).pages
        told.kept_out = kept_out(told, row, scope, namings, redirecting, pending, obey=config.robots.obey)
        told.near = nearest(told.url, view)


def _tell_row(told: Explanation, row: UrlRow, view: FrontierView) -> None:
    """Put to ``told`` what the database has of the URL."""
    told.state = row.state.name.lower() if row.state is not State.BEYOND else "beyond the depth limit"
    told.kind, told.status, told.message = row.kind, row.status, row.message
    told.purpose, told.depth, told.attempts = row.purpose.name.lower(), row.depth, row.attempts
    told.due = None if row.due is None else timestamp(row.due)
    told.redirects_to, told.batch = row.target, row.batch
    before: UrlRow | None = None
    for step in view.way_to(row):
        told.way.append(WayStep(step.url, _how(step, before), step.depth, step.state.name.lower()))
        before = step


def _how(step: UrlRow, before: UrlRow | None) -> str:
    if before is None:
        # A sitemap that nobody names is one that a robots.txt does.
        return "sitemap" if step.purpose is Purpose.SITEMAP else "seed"
    if before.kind is Kind.REDIRECTED:
        return "redirect"
    return "sitemap" if before.purpose is Purpose.SITEMAP else "link"


def _robots(url: str, view: FrontierView, config: Config) -> RobotsKept | None:
    kept = view.robots(origin(url))
    if kept is None:
        return None
    agent, most = config.fetch.user_agent, config.robots.max_bytes
    allowed = robots.verdict(kept.status, kept.body, most).allows(agent, url)
    seen = RobotsKept(kept.status, config.robots.obey, allowed, None, None, None, kept.age)
    if 200 <= kept.status < 300:
        why = decided(kept.body, agent, url, most)
        seen.agent, seen.line, seen.text = why.agent, why.line, why.text
    return seen


def _leading(told: Explanation, recorded: Recorded, redirecting: list[str]) -> list[Naming]:
    """The first pages that link to the URL, or to what redirects there; they are put to ``told``, too."""
    urls = [told.url, *redirecting[:SHOWN]]
    found: list[Naming] = []
    try:
        naming = pages_naming(recorded, urls)
        if naming is None:
            told.records_problem = "the crawl keeps no records in which links could be looked for"
        else:
            found = [*islice(naming, SHOWN + 1)]
    except (OutputError, RecordsElsewhere) as error:
        told.records_problem = str(error)
    told.linked_from_more = len(found) > SHOWN
    for page, link, directives in found[:SHOWN]:
        through = None if link == told.url else link
        told.linked_from.append(LinkedFrom(page, through, "nofollow" in directives))
    return found


def _record(
    told: Explanation, url: str, batch: int, recorded: Recorded, view: FrontierView
) -> RecordAt | None:
    try:
        lying = record_of(recorded, url, batch, lambda sink: view.span_of(sink, batch))
    except (OutputError, RecordsElsewhere) as error:
        told.records_problem = told.records_problem or str(error)
        return None
    if lying is None:
        return None
    return RecordAt(str(lying.path), lying.begin, lying.end, decode(lying.line).fetched_at)
