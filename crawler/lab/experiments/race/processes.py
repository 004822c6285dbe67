"""Model 3: a pool of processes, one for each core; each fetches a page and parses it.

Each has an interpreter, and so a lock, of its own: all cores compute. But each waits for one page
at a time, and to wait for more would take more processes, at some megabytes each.
"""

from queue import SimpleQueue

from crawler.lab.experiments.race import child
from crawler.lab.experiments.race.work import Known, Parsed
from crawler.lab.machine import cores
from crawler.parse.parser_process import ParseJob


def crawl(seed: str, job: ParseJob) -> list[bytes]:
    """Crawl the site of ``seed``; its records."""
    known, records = Known(seed), []
    # Callbacks run in a thread of the pool's; this queue brings what they hear to ours.
    heard: SimpleQueue[Parsed | BaseException] = SimpleQueue()
    with child.context().Pool(cores(), initializer=child.start_with_client, initargs=(seed, job)) as pool:
        todo, running = [seed], 0
        while todo or running:
            for url in todo:
                pool.apply_async(child.visit, (url,), callback=heard.put, error_callback=heard.put)
            running += len(todo)
            parsed = heard.get()
            if isinstance(parsed, BaseException):
                raise parsed
            running -= 1
            records.append(parsed.record)
            todo = known.new(parsed.links)
        pool.close()
        pool.join()
    return records
