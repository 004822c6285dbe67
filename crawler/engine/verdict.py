"""What is to be said of a crawl that has ended: why nothing is ok, that it met a login."""

import shlex
from collections.abc import Mapping, Sequence

from crawler.config import Config
from crawler.frontier.view import FrontierView
from crawler.model.outcomes import Kind
from crawler.model.rows import Leaf
from crawler.rules.robots import forbidding
from crawler.rules.scope import Scope
from crawler.rules.urls import is_login_url, origin

UNREACHABLE = {Kind.TIMEOUT, Kind.CONNECT, Kind.RESET, Kind.TLS, Kind.DNS, Kind.FORBIDDEN_ADDRESS}
"""Kinds that mean that no answer came at all."""
HOW_TO_LOG_IN = "session.auth, session.headers and session.send_cookies log in, see docs/sessions.md"


def why_nothing(view: FrontierView, config: Config) -> str:
    """Why no page (a sitemap is none) is ok, in the user's terms."""
    unreachable = view.seeds_unreachable(UNREACHABLE)
    if unreachable is not None:
        return f"no seed could be reached: {unreachable}"
    first = next(iter(view.leaves(1)), None)
    if first is None:
        return "no page was ok: the sitemaps name none inside the scope"
    why = f"no page was ok: {_told(view, config, first)}"
    counts = view.counts()
    kinds = {kind: n for kind, n in view.totals()["kinds"].items() if kind != Kind.REDIRECTED}
    if sum(kinds.values()) > 1:
        why += f" (of all {sum(kinds.values()):,} URLs: {listed(kinds)})"
    if counts["pending"] and config.scope.max_pages is not None:
        why += f"; {counts['pending']:,} are pending, since scope.max_pages was reached"
    also = elsewhere(view, config) if first.kind != Kind.OUT_OF_SCOPE else None
    return why if also is None else f"{why}; {also}"


def elsewhere(view: FrontierView, config: Config) -> str | None:
    """Which seed leads out of the scope, where to, and how that is taken in; None where none does."""
    found = view.seeds_elsewhere()
    if not found:
        return None
    more = f"; and so do {len(found) - 1:,} more" if len(found) > 1 else ""
    return f"{_told(view, config, found[0])}{more}"


def _told(view: FrontierView, config: Config, leaf: Leaf) -> str:
    source = f", to which {leaf.source} redirects" if leaf.source is not None else ""
    return f"{leaf.url}{source}: {_explained(view, config, leaf)}"


def _explained(view: FrontierView, config: Config, leaf: Leaf) -> str:
    words = (leaf.message or leaf.kind).rstrip(".")
    words = words[:1].lower() + words[1:]
    if leaf.kind == Kind.ROBOTS or (leaf.kind == Kind.ENCODING and words.startswith("robots.txt")):
        return f"{_robots_words(view, config, leaf.url) or words}; --ignore-robots if the site is yours"
    if leaf.kind == Kind.OUT_OF_SCOPE and leaf.target is not None:
        if is_login_url(leaf.target):
            return f"it redirects to a login page, {leaf.target}; {HOW_TO_LOG_IN}"
        scope = Scope.of(config.seeds, config.scope.origins)
        if scope.allows(leaf.target):
            return f"it redirects to {leaf.target}, which scope.include or scope.exclude leaves out"
        return (
            f"it redirects to {leaf.target}, which is outside the scope;"
            f" to crawl that site: crawler run {shlex.quote(leaf.target)},"
            f" or beside this one: --set scope.origins={origin(leaf.target)}"
        )
    if leaf.status == 401:
        return f"{words}; {HOW_TO_LOG_IN}"
    if leaf.kind == Kind.CONTENT_TYPE:
        return f"{words}; fetch.content_types names the types that are"
    return words


def _robots_words(view: FrontierView, config: Config, url: str) -> str | None:
    """The rule that forbids ``url``; None where it was no rule."""
    stored = view.robots(origin(url))
    if stored is None or not 200 <= stored.status < 300:
        return None
    rule = forbidding(stored.body, config.fetch.user_agent, url, config.robots.max_bytes)
    if rule is None:
        return None
    what = "everything" if rule.everything else "it"
    return f"robots.txt of this host forbids {what} for you: line {rule.line} `{rule.text}`"


def login_wall(seed: str | None, url: str) -> str:
    """That everything leads to a login page, in a sentence; ``seed`` is what redirects there, if one does."""
    how = f"{seed} redirects to" if seed is not None else "every page that was ok is"
    return f"{how} a login page, {url}: what is behind it was not crawled; {HOW_TO_LOG_IN}"


def put_off(origins: Sequence[str], config: Config) -> str:
    """Which hosts have put everything off (429) for too long."""
    named = ", ".join(origins[:3]) + (f" and {len(origins) - 3:,} more" if len(origins) > 3 else "")
    return f"{named} put everything off for longer than the {config.fetch.busy_max:g} s of fetch.busy_max"


def listed(counts: Mapping[str, int]) -> str:
    """``http_status 3, robots 1``."""
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
