"""Step 4, processes by hand: a Queue brings them URLs, and each has a Pipe of its own back.

What failed before: kill one worker of step 3's pool, and the program waits for ever for its page. Here each
says on its pipe what it begins and what came of it, and when it dies, the pipe ends (EOFError).
"""

import multiprocessing
import sys
from multiprocessing.connection import Connection, wait
from multiprocessing.queues import Queue
from pathlib import Path

from command import main
from page import Record, fetch, inside, parse, save

SPAWN = multiprocessing.get_context("spawn")


def work(todo: "Queue[str | None]", pipe: Connection) -> None:
    """In a child: page after page, until there is a sentinel."""
    while (url := todo.get()) is not None:
        pipe.send(url)
        pipe.send(parse(url, *fetch(url)))


def crawl(seed: str, out: Path) -> None:
    """Crawl the site of ``seed`` and write its records to ``out``."""
    todo, seen, records = SPAWN.Queue(), {seed}, list[Record]()
    workers, in_hand = [], dict[Connection, str]()
    for _ in range(SPAWN.cpu_count()):
        pipe, far_end = SPAWN.Pipe(duplex=False)  # one way: the first end reads, the other writes
        in_hand[pipe] = "nothing"
        workers.append(SPAWN.Process(target=work, args=(todo, far_end), daemon=True))
        workers[-1].start()
        far_end.close()  # the child's copy is the only one now, so the pipe ends when the child does
    todo.put(seed)
    while len(records) < len(seen):
        for pipe in wait(in_hand):  # those on which something has come, or that have ended
            try:
                said = pipe.recv()
            except (EOFError, OSError):  # at the end, or within a message
                todo.cancel_join_thread()  # what nobody will read need not be sent
                sys.exit(f"A worker died (it had in hand: {in_hand[pipe]}), and its page with it.")
            if isinstance(said, str):
                in_hand[pipe] = said
                continue
            records.append(said)
            for link in inside(said, seed):
                if link not in seen:
                    seen.add(link)
                    todo.put(link)
    for _ in workers:
        todo.put(None)
    for worker in workers:
        worker.join()
    save(records, out)


if __name__ == "__main__":
    main(crawl)
