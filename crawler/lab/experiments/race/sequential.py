"""Model 1: one page after the other. Nothing is easier to get right.

While an answer is on its way the processor rests, and while a page is parsed nothing is asked for.
"""

from collections import deque

from crawler.lab.experiments.race.client import Client
from crawler.lab.experiments.race.work import Known, parse_with
from crawler.parse.parser_process import ParseJob


def crawl(seed: str, job: ParseJob) -> list[bytes]:
    """Crawl the site of ``seed``; its records."""
    parse, known, records = parse_with(job), Known(seed), []
    todo = deque([seed])
    with Client(seed) as client:
        while todo:
            parsed = parse(client.get(todo.popleft()))
            records.append(parsed.record)
            todo.extend(known.new(parsed.links))
    return records
