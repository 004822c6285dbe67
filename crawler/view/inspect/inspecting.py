"""``crawler inspect``: one URL through the real rules, fetch and parse, in this process alone.

No folder is made and nothing is crawled: what is asked for is robots.txt, the page, and what it redirects to.
"""

import asyncio
import time
from itertools import count

from crawler.config import Config
from crawler.config.problems import shown
from crawler.engine.lifecycle import serialised
from crawler.engine.stations import parse_job
from crawler.fetch.backend import require_backend
from crawler.model.errors import UsageError
from crawler.model.messages import Finished, Page
from crawler.model.record import decode
from crawler.parse import extract
from crawler.rules.scope import Scopes
from crawler.rules.url_changes import changes
from crawler.rules.urls import login, normalised, origin, resolve
from crawler.view.inspect.advice import advice
from crawler.view.inspect.asking import Way, ask
from crawler.view.inspect.inspection import Inspection, StepSeen, UrlSeen
from crawler.view.inspect.page_seen import parsed


def inspect(text: str, config: Config, depth: int = 0) -> Inspection:
    """What a crawl with these settings would do with the URL ``text``, ``depth`` links away from a seed.

    Without seeds in ``config`` it is the seed itself. Blocks until it is found out. Raises UsageError (it is
    no URL, a setting cannot be used), ConfigError, ExtractError.
    """
    found = resolve(text)
    if found is None:
        raise UsageError(f"{shown(text)} is not an absolute http:// or https:// URL")
    began = time.perf_counter()
    url, pair = login(normalised(found) if config.scope.normalise == "rfc3986" else found)
    took = round((time.perf_counter() - began) * 1_000_000)
    if not config.seeds:
        config = config.replace({"seeds": [text]}, "command line URL")
    config, logins = serialised(config)
    if pair is not None:
        logins[origin(url)] = pair
    require_backend(config)
    if config.parse.extract is not None:
        extract.load(config.parse.extract, travels=False)
    seen = Inspection(
        given=text if pair is None else url.replace("://", "://***@", 1),
        url=url,
        changes=changes(text, as_rfc3986=config.scope.normalise == "rfc3986"),
        user_agent=config.fetch.user_agent,
        proxy=config.fetch.proxy,
    )
    seen.steps.append(StepSeen("serialise the URL", took))
    way = asyncio.run(ask(config, logins, url, depth))
    _tell(seen, way, config)
    seen.advice = advice(seen, config)
    return seen


def _tell(seen: Inspection, way: Way, config: Config) -> None:
    """Put to ``seen`` how its way ended."""
    seen.way = way.urls
    last = way.urls[-1]
    for number, one in zip(count(1), way.urls, strict=False):
        seen.steps += _steps(one, f" ({number})" if len(way.urls) > 1 else "")
    seen.outcome, seen.kind, seen.message = last.outcome, last.kind, last.message
    match way.end:
        case Finished() as finished:
            seen.record = decode(finished.record)
        case Page() as page:
            # Fingerprints of links are nobody's here, so any seed will do.
            result = parsed(page, parse_job(config, Scopes.of_crawl(config), 0))
            seen.page, seen.record = result.seen, result.record
            seen.steps.append(StepSeen("parse", result.parse_us))
            if result.extract_us is not None:
                seen.steps.append(StepSeen("extract", result.extract_us))
            last.outcome = seen.outcome = result.finished.outcome
            last.kind = seen.kind = result.finished.kind
            last.message = seen.message = result.record.message


def _steps(one: UrlSeen, which: str) -> list[StepSeen]:
    steps = []
    if one.addresses_us is not None:
        steps.append(StepSeen(f"look the host up{which}", one.addresses_us))
    if one.waited_us:
        steps.append(StepSeen(f"wait for its turn{which}", one.waited_us))
    for asked in one.requests:
        if asked.purpose == "robots.txt":
            steps.append(StepSeen(f"ask for robots.txt{which}", asked.total_us or 0))
        else:
            head = asked.head_us if asked.head_us is not None else asked.total_us
            steps.append(StepSeen(f"connect, ask, wait for the answer{which}", head or 0))
            if asked.head_us is not None and asked.total_us is not None:
                steps.append(StepSeen(f"read the body{which}", asked.total_us - asked.head_us))
    return steps
