"""Step 1, sequential: one page after the other. Nothing is easier to get right.

There is no step before this one. It waits for an answer, and the processor rests; it parses, and nothing
is asked for. Keep it: it is what every later step has to agree with.
"""

from collections import deque
from pathlib import Path

from command import main
from page import Record, fetch, inside, parse, save


def crawl(seed: str, out: Path) -> None:
    """Crawl the site of ``seed`` and write its records to ``out``."""
    todo, seen, records = deque([seed]), {seed}, list[Record]()
    while todo:
        url = todo.popleft()
        record = parse(url, *fetch(url))
        records.append(record)
        for link in inside(record, seed):
            if link not in seen:
                seen.add(link)
                todo.append(link)
    save(records, out)


if __name__ == "__main__":
    main(crawl)
