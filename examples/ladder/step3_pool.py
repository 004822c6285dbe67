"""Step 3, a pool: a process for each core; each fetches a page and parses it.

What failed before: threads wait together but do not parse together. One interpreter has one lock (the
GIL), and only who holds it runs Python, so step 2 keeps one core busy, however many there are. Processes
have an interpreter each. They share no memory, so here is no lock, and no shared set: what is known, only
the main process knows; what goes in and out is copied, as bytes (pickled).
"""

import multiprocessing
import os
from pathlib import Path

from command import main
from page import Record, fetch, inside, parse, save

SPAWN = multiprocessing.get_context("spawn")
"""Each child is a new interpreter, on every system, and inherits nothing by accident."""


def visit(url: str) -> Record:
    """In a child: one page, from its URL to its record."""
    return parse(url, *fetch(url))


def crawl(seed: str, out: Path) -> None:
    """Crawl the site of ``seed`` and write its records to ``out``."""
    todo, seen, records = [seed], {seed}, list[Record]()
    with SPAWN.Pool(os.cpu_count()) as pool:
        while todo:  # one level of the site after the other
            level, todo = todo, []
            for record in pool.imap_unordered(visit, level):  # as they are done, in any order
                records.append(record)
                for link in inside(record, seed):
                    if link not in seen:
                        seen.add(link)
                        todo.append(link)
        pool.close()
        pool.join()
    save(records, out)


if __name__ == "__main__":
    main(crawl)
