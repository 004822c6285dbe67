"""Why a check saw little of a site: said loudly, since a green check of one page is worth nothing."""

import sqlite3
from collections import Counter
from collections.abc import Iterator

from crawler.check.answers import OTHER_ORIGINS, Answers
from crawler.check.unverified import NOFOLLOW
from crawler.config import Config
from crawler.model.facts import PageFacts, decode
from crawler.model.outcomes import Kind
from crawler.rules.urls import login, origin, resolve

FEW = 5
"""Pages; where fewer are read and the start pages say why, that is told."""


def why_so_little(
    db: sqlite3.Connection, answers: Answers, config: Config, pages: int, references: int
) -> str | None:
    """A sentence about the first start page that led to nothing; None where enough was read.

    ``pages`` were read, with so many ``references`` in all.
    """
    if config.check.folder is not None and (elsewhere := _built_for(db, references)) is not None:
        return elsewhere
    if pages >= FEW:
        return None
    found = [seed for text in config.seeds if (seed := resolve(text)) is not None]
    seeds = answers.scope.normalised([login(seed)[0] for seed in found])
    reasons = (_of_seed(db, answers, config, seed) for seed in seeds)
    why = next((reason for reason in reasons if reason is not None), None)
    if why is None:
        return None
    start = "the start page" if len(seeds) == 1 else f"the {len(seeds)} start pages"
    read = "No page" if not pages else "Only 1 page" if pages == 1 else f"Only {pages} pages"
    return f"{read} could be read from {start}: {why}."


def _built_for(db: sqlite3.Connection, references: int) -> str | None:
    """A sentence about a folder whose own links name the site that it was built for.

    Each of its files is read all the same, so that few pages are no sign of it.
    """
    times: Counter[str] = Counter()
    for target, refs in db.execute("SELECT target, sum(refs) FROM elsewhere GROUP BY target"):
        times[origin(target)] += refs
    for site, count in times.most_common(1):
        if 2 * count > references:
            return (
                f"{count:,} of {references:,} references lead to {site} and are not checked: if that is where"
                " the folder will lie, build it with links that do not name it."
            )
    return None


def _of_seed(db: sqlite3.Connection, answers: Answers, config: Config, seed: str) -> str | None:
    row = answers.id_of(answers.end_of(seed))
    if row is None:
        return None
    (fate,) = db.execute("SELECT end_url FROM fates WHERE answer = ?", (row,)).fetchone() or (None,)
    url, kind, message, blob = db.execute(
        "SELECT url, kind, message, facts FROM answers WHERE id = ?", (row,)
    ).fetchone()
    if kind == Kind.ROBOTS:
        return f"{url}: {(message or kind).rstrip('.')} (--ignore-robots, if the site is yours)"
    if fate is not None and not answers.is_own(fate):
        return (
            f"{seed} redirects to another origin, {fate} (start there, or name it: --set scope.origins="
            f"{origin(fate)})"
        )
    if fate is not None:
        return f"{seed} leads to nothing: {(message or kind).rstrip('.')}"
    return None if blob is None else _of_page(db, answers, config, url, decode(blob))


def _of_page(
    db: sqlite3.Connection, answers: Answers, config: Config, url: str, facts: PageFacts
) -> str | None:
    links = {facts.targets[r.target]: r.is_asked for r in facts.links}
    links.pop(url, None)
    if not links:
        if facts.scripts:
            return f"{url} has no links in its HTML, but scripts that may make some; scripts are not run"
        return None
    why = Counter(_reasons(db, answers, config, links))
    reason, count = why.most_common(1)[0]
    if reason is None or 2 * count < len(links):
        return None
    many = f"all {count:,}" if count == len(links) else f"{count:,} of {len(links):,}"
    if reason == OTHER_ORIGINS:
        elsewhere = {origin(link) for link in links if not answers.is_own(link)}
        if len(elsewhere) != 1 or count == 1:
            return None  # a page of its own, with a few links to the world
        named = "its <base href>, or absolute links, name that origin"
        return f"{many} links of {url} lead to {elsewhere.pop()}: {named}"
    return f"{many} links of {url} are not followed: {reason}"


def _reasons(
    db: sqlite3.Connection, answers: Answers, config: Config, links: dict[str, bool]
) -> Iterator[str | None]:
    for link, is_asked in links.items():
        row = answers.id_of(link)
        if row is not None:
            found = db.execute("SELECT reason FROM fates WHERE answer = ?", (row,)).fetchone()
            yield found[0] if found else None
        elif not is_asked and config.robots.obey and answers.is_own(link):
            yield NOFOLLOW
        else:
            yield answers.why_not_asked(link)
