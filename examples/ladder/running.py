"""Runs the steps, each as a program of its own, and wants the same records of all."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from crawler.lab.site.site_process import SiteProcess

HERE = Path(__file__).parent
TIME_LIMIT = 120.0
"""Seconds after which a step is taken never to end; on a quiet machine none needs a tenth of that."""
_SAID = re.compile(r"in (?P<seconds>[\d.]+) s: ")


class LadderFailed(Exception):
    """A step did not end well, or found something else than the first; ``str()`` says which, and what."""


class Step(NamedTuple):
    """One way to crawl."""

    file: str
    """Beside this one, without its ending."""
    waits: str
    """Who waits for answers."""
    parses: str
    """Who parses."""

    @property
    def name(self) -> str:
        """Its number and what it is, for a picture."""
        return self.file.removeprefix("step").replace("ninth", "9").replace("_", " ")


STEPS = (
    Step("step1_sequential", "one thread", "the same"),
    Step("step2_threads", "16 threads", "the same"),
    Step("step3_pool", "a process for each core", "the same"),
    Step("step4_processes", "a process for each core", "the same"),
    Step("step5_gather", "a coroutine for each URL", "their loop"),
    Step("step6a_semaphore", "16 of these coroutines", "their loop"),
    Step("step6b_workers", "16 coroutines", "their loop"),
    Step("step7_executor", "16 coroutines", "a process for each core"),
    Step("step8_writer", "16 coroutines", "a process for each core"),
    Step("ninth_this_crawler", "16 coroutines", "a process for each core"),
)


class Workload(NamedTuple):
    """What a site asks of its crawler."""

    name: str
    latency: float
    """Seconds that each answer takes."""
    parses: int
    """How often each page is parsed."""


def start(step: str, seed: str, out: Path, **settings: object) -> subprocess.Popen[str]:
    """Start a step as anybody would; settings such as LADDER_PARSES go into its environment."""
    environment = os.environ | {name: str(value) for name, value in settings.items()}
    command = [sys.executable, str(HERE / f"{step}.py"), seed, str(out)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def run(step: str, seed: str, out: Path, **settings: object) -> tuple[int, str, str]:
    """Run a step to its end: its exit code, and what it wrote to stdout and stderr. Raises LadderFailed."""
    with start(step, seed, out, **settings) as process:
        try:
            said, errors = process.communicate(timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            raise LadderFailed(f"{step} did not end within {TIME_LIMIT:g} s") from None
    return process.returncode, said, errors


def found(out: Path) -> dict[str, dict[str, Any]]:
    """The records in a file, by URL. Raises LadderFailed where one is there twice."""
    records = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    by_url = {record["url"]: record for record in records}
    if len(by_url) != len(records):
        raise LadderFailed(f"{out.stem} has {len(records) - len(by_url)} records twice")
    return by_url


def seconds_of(workload: Workload, steps: Sequence[Step] = STEPS, rounds: int = 1) -> dict[str, float]:
    """How long each step takes, its fastest round. Raises LadderFailed where one finds something else."""
    best: dict[str, float] = {}
    first: dict[str, dict[str, Any]] | None = None
    with SiteProcess(latency=workload.latency) as site, tempfile.TemporaryDirectory() as folder:
        for step in [*steps] * rounds:
            out = Path(folder) / f"{step.file}.jsonl"
            code, said, errors = run(step.file, site.url, out, LADDER_PARSES=workload.parses)
            if code != 0:
                raise LadderFailed(f"{step.file} ended with exit code {code}: {errors.strip()}")
            records = found(out)
            first = records if first is None else first
            different = sum(records.get(url) != first.get(url) for url in records.keys() | first.keys())
            if different:
                raise LadderFailed(f"{step.file}: {different} of {len(first)} records are not as step 1's")
            match = _SAID.search(said)
            if match is None:
                raise LadderFailed(f"{step.file} did not say how long it took: {said.strip()}")
            seconds = float(match["seconds"])
            best[step.file] = min(seconds, best.get(step.file, seconds))
    return best


def kept_after_kill(at: Mapping[str, int], latency: float = 0.05) -> dict[str, int]:
    """Of each step: how many whole records there are at the end when its writer was killed after so many.

    Raises LadderFailed where it was not killed.
    """
    kept = {}
    with SiteProcess(latency=latency) as site, tempfile.TemporaryDirectory() as folder:
        for step, number in at.items():
            out = Path(folder) / f"{step}.jsonl"
            code, said, errors = run(step, site.url, out, LADDER_KILL_AT=number)
            if "was killed" not in said and "-9" not in errors:
                raise LadderFailed(f"{step}: its writer was not killed (exit code {code})")
            kept[step] = out.read_bytes().count(b"\n")
    return kept
