"""Model 6 as it is when nothing may be lost: this crawler's own engine.

It does what the files beside this one leave out: the frontier is on disk, every record is committed
exactly once, everything is bounded, and any of its processes may be killed. That costs something too.
"""

import tempfile
from pathlib import Path

import crawler.fetch.aiohttp_backend  # noqa: F401 - the engine imports it late, while time is taken
from crawler.config import Config
from crawler.engine.crawl import crawl_to_end
from crawler.lab.experiments.race.work import AT_ONCE, EXCLUDE, EXTRACT, INCLUDE
from crawler.parse.parser_process import ParseJob


def crawl(seed: str, _job: ParseJob) -> list[bytes]:
    """Crawl the site of ``seed``; its records, as they stand in the output."""
    with tempfile.TemporaryDirectory(prefix="crawler-race-") as folder:
        config = Config(
            seeds=[seed],
            out=Path(folder) / "out",
            scope={"include": INCLUDE, "exclude": EXCLUDE},
            fetch={"concurrency": AT_ONCE},
            robots={"obey": False},
            parse={"extract": EXTRACT},
            progress={"show": False},
        )
        report = crawl_to_end(config)
        return (report.out / "records.jsonl").read_bytes().splitlines()
