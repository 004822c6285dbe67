"""Model 2: many threads, each of which fetches a page and parses it.

While one thread waits for its answer, the interpreter runs another: waiting is shared. Computing is
not, since only one thread at a time holds the interpreter's lock (the GIL), and to hand it over so often
costs something, too. On a free-threaded Python there is none, and this same file uses all cores.
"""

import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from crawler.lab.experiments.race.client import Client
from crawler.lab.experiments.race.work import AT_ONCE, Known, Parsed, parse_with
from crawler.parse.parser_process import ParseJob


def crawl(seed: str, job: ParseJob) -> list[bytes]:
    """Crawl the site of ``seed``; its records."""
    parse, known, records = parse_with(job), Known(seed), []
    mine = threading.local()  # a connection is for one thread; what is shared would need a lock
    clients: list[Client] = []

    def connect() -> None:
        mine.client = Client(seed)
        clients.append(mine.client)

    def visit(url: str) -> Parsed:
        return parse(mine.client.get(url))

    # Only this thread touches `known` and `records`; the others hand over what they found.
    with ThreadPoolExecutor(AT_ONCE, initializer=connect) as pool:
        running: set[Future[Parsed]] = {pool.submit(visit, seed)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                parsed = future.result()
                records.append(parsed.record)
                running |= {pool.submit(visit, url) for url in known.new(parsed.links)}
    for client in clients:
        client.close()
    return records
