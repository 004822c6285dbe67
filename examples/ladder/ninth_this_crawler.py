"""Step 9, this crawler: the same pages by crawler/engine/street.py, and all that it walks by.

What failed before: step 8 does not know what is on the disk. Here a URL is done when every writer has said
that its record is. A writer that dies is replaced; its file is cut back to what was agreed, and what had
not been is sent once more. With LADDER_KILL_AT in the environment this one kills its own writer, too, once
that many records are in the file.
"""

import os
import signal
import tempfile
import time
from pathlib import Path
from threading import Thread

from command import main
from crawler import Config
from crawler.engine.crawl import crawl_to_end
from crawler.model.record import decode
from crawler.plumbing.file_lock import owner_pid
from page import ODD, PARSES, Record, save

KILL_AT = int(os.environ.get("LADDER_KILL_AT", "0"))


def kill_writer(records: Path) -> None:
    """Kill the process that writes ``records`` when it has written enough."""
    while not records.exists() or records.read_bytes().count(b"\n") < KILL_AT:
        time.sleep(0.002)
    pid = owner_pid(records.with_name(f".{records.name}.lock"))
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
        print(f"The writer, process {pid}, was killed.")


def crawl(seed: str, out: Path) -> None:
    """Crawl the site of ``seed`` and write its records to ``out``, of each what the steps' records have."""
    with tempfile.TemporaryDirectory(prefix="crawler-ladder-") as folder:
        config = Config(
            seeds=[seed],
            out=Path(folder) / "out",
            scope={"exclude": [ODD.pattern]},
            fetch={"concurrency": 16},
            robots={"obey": False},
            parse={"extract": "dear_page:parse_again"} if PARSES > 1 else {},
            progress={"show": False},
        )
        records = Path(folder) / "out" / "records.jsonl"
        if KILL_AT:
            Thread(target=kill_writer, args=(records,), daemon=True).start()
        crawl_to_end(config)
        found = map(decode, records.read_bytes().splitlines())
        save(
            (Record(url=one.url, status=one.status, title=one.title, links=list(one.links)) for one in found),
            out,
        )


if __name__ == "__main__":
    main(crawl)
