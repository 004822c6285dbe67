"""Crawls the faults with this very program and says of each what was expected and what came of it."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from crawler.lab.faults.differences import over
from crawler.lab.faults.faults_process import FaultLog, FaultProcess
from crawler.lab.faults.judge import Verdict, judge
from crawler.lab.faults.manifest import Here
from crawler.lab.faults.site import build, settings
from crawler.model.errors import CrawlFailed
from crawler.model.record import decode

TIMEOUT = 10.0
"""Seconds granted to one exchange; several dozen faults use all of them."""


def arguments(here: Here, out: Path, timeout: float = TIMEOUT, backend: str = "aiohttp") -> list[str]:
    """The command line that crawls the server at ``here`` as it is meant to be crawled."""
    keys = {key: value for key, value in settings(here, timeout).items() if key != "seeds"}
    keys["fetch.backend"] = backend
    assignments = [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in keys.items()]
    command = [sys.executable, "-m", "crawler", "run", f"{here.origin}/", "-o", str(out)]
    return command + [word for text in assignments for word in ("--set", text)]


def verdicts(here: Here, out: Path, log: FaultLog, backend: str = "aiohttp") -> list[Verdict]:
    """What is to be said of the crawl over ``backend`` that left ``out``."""
    lines = (out / "records.jsonl").read_bytes().splitlines()
    return judge(here, over(build(here), backend, here), map(decode, lines), log)


def crawl_faults(timeout: float = TIMEOUT, backend: str = "aiohttp") -> list[Verdict]:
    """Serve the faults, crawl them, judge. Blocks for some twenty-five seconds.

    Raises CrawlFailed where the crawl itself failed.
    """
    with tempfile.TemporaryDirectory() as folder, FaultProcess() as server:
        out = Path(folder) / "out"
        command = arguments(server.here, out, timeout, backend)
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - ourselves
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise CrawlFailed(f"The crawl of the faults ended with exit code {done.returncode}: {last}")
        return verdicts(server.here, out, server.log(), backend)


def lines(found: Iterable[Verdict]) -> list[str]:
    """The report: a line for each URL of a fault, one for all good pages, and the count of what is wrong."""
    found = list(found)
    told = []
    good = [verdict for verdict in found if verdict.fault is None]
    for verdict in [*(verdict for verdict in found if verdict.fault is not None), *good]:
        if verdict.fault is None and verdict.right:
            continue
        if verdict.right:
            told.append(f"  right  {_named(verdict)}: {_short(verdict.expected)}")
        else:
            told.append(f"  WRONG  {_named(verdict)}: expected {_short(verdict.expected)}")
            told.append(f"         {' ' * len(_named(verdict))}  recorded {_short(verdict.found)}")
    faults = {verdict.fault for verdict in found if verdict.fault is not None}
    wrong = {verdict.fault or verdict.url for verdict in found if not verdict.right}
    whole = sum(verdict.right for verdict in good)
    told.append(
        f"{len(faults)} faults, {whole} of {len(good)} good pages whole, {len(wrong)} not as expected."
    )
    return told


def _named(verdict: Verdict) -> str:
    if verdict.fault is None:
        return verdict.url
    path = verdict.url.split("/", 3)[-1]
    return verdict.fault if path in (verdict.fault, "") else f"{verdict.fault} → {path[:60]}"


def _short(facts: dict[str, object]) -> str:
    words = []
    for key, value in facts.items():
        if value is None or (key == "attempts" and value == 1):
            continue
        text = str(value)
        text = f"{text[:40]}…" if len(text) > 40 else text
        words.append(text if key in ("outcome", "kind", "status") else f"{key} {text}")
    return " ".join(words)
