"""Step 2, threads: sixteen of them, with one set of known URLs and one lock around it.

What failed before: step 1 waits for every single answer, so a crawl takes as long as all answers together.
A thread that waits holds nobody up. But all threads share all memory, and a switch between two of them may
come anywhere: between "is it known?" and "now it is", too, and then a page is crawled twice. Hence the
lock.
"""

from pathlib import Path
from queue import Queue
from threading import Lock, Thread

from command import main
from page import Record, fetch, inside, parse, save

AT_ONCE = 16


def crawl(seed: str, out: Path) -> None:
    """Crawl the site of ``seed`` and write its records to ``out``."""
    todo, seen, records = Queue[str | None](), {seed}, list[Record]()
    lock = Lock()

    def work() -> None:
        while (url := todo.get()) is not None:
            try:
                record = parse(url, *fetch(url))
                with lock:
                    records.append(record)
                    for link in inside(record, seed):
                        if link not in seen:
                            seen.add(link)
                            todo.put(link)
            finally:  # whatever happens: join() waits for this
                todo.task_done()

    threads = [Thread(target=work) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    todo.put(seed)
    todo.join()  # every URL that was put has been done
    for _ in threads:
        todo.put(None)  # a sentinel: no more, one for each thread
    for thread in threads:
        thread.join()
    save(records, out)


if __name__ == "__main__":
    main(crawl)
