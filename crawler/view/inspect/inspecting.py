"""``crawler inspect``: one URL through the real rules, fetch and parse; of processes there is one parser's.

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
from crawler.plumbing.fork_server_process import refuse_main_from_nowhere
from crawler.rules.scope import Scopes
from crawler.rules.url_changes import changes
from crawler.rules.urls import login, normalised, origin, resolve
from crawler.view.inspect.advice import advice
from crawler.view.inspect.asking import Way, ask
from crawler.view.inspect.inspection import Inspection, StepSeen, UrlSeen
from crawler.view.inspect.page_seen import page_seen
from crawler.view.inspect.parsing import parse_alone


def inspect(text: str, config: Config, depth: int = 0) -> Inspection:
    """What a crawl with these settings would do with the URL ``text``, ``depth`` links away from a seed.

    Without seeds in ``config`` it is the seed itself. Blocks until it is found out. Raises UsageError (it is
    no URL, a setting cannot be used), ConfigError, ExtractError, ChildFailed.
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
    in_processes = config.parse.executor == "process"
    if in_processes:
        refuse_main_from_nowhere()
    if config.parse.extract is not None:
        extract.load(config.parse.extract, travels=in_processes)
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
            job = parse_job(config, Scopes.of_crawl(config), 0)
            finished = parse_alone(page, job, config)
            seen.record = decode(finished.record)
            last.outcome = seen.outcome = finished.outcome
            last.kind = seen.kind = finished.kind
            last.message = seen.message = seen.record.message
            if finished.span is not None:
                name = "parse" if job.extract is None else "parse and extract"
                took = (finished.span.end - finished.span.begin) // 1_000
                seen.steps.append(StepSeen(name, took))
            if seen.is_ok:  # what the parser could not cope with is not looked at in this process
                seen.page = page_seen(page, finished, job)


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
