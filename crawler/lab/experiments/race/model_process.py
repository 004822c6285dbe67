"""One crawl under one model, in a process of its own, so that time and memory are its own.

``python -m … MODULE SEED RECORDS`` writes the records to the file RECORDS and prints one JSON object.
"""

import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path

from crawler.lab.experiments.race.measured_process import memory_of
from crawler.lab.experiments.race.work import job_of
from crawler.lab.machine import has_gil


def main() -> None:
    """Crawl once; what this process has imported by then is not counted."""
    module, seed, out = sys.argv[1:]
    model = import_module(f"crawler.lab.experiments.race.{module}")
    job = job_of(seed)
    cpu_before, started = time.process_time(), time.perf_counter()
    records: list[bytes] = model.crawl(seed, job)
    wall = time.perf_counter() - started
    # A short crawl may end between two looks from outside.
    memory = memory_of([os.getpid()])
    Path(out).write_bytes(b"\n".join(records))
    figures = {"wall_s": wall, "cpu_before_s": cpu_before, "memory_bytes": memory, "gil": has_gil()}
    print(json.dumps(figures))  # noqa: T201 - to its parent


if __name__ == "__main__":
    main()
