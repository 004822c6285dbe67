"""Runs the models, each in fresh processes, and checks that all of them bring the same records."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crawler.lab.experiments.race.figures import Run, Workload
from crawler.lab.experiments.race.models import Model, can_do_without_lock
from crawler.lab.experiments.race.work import PARSE_AGAIN
from crawler.lab.site.site_process import SiteProcess
from crawler.model.record import Record, decode

_HERE = "crawler.lab.experiments.race"


class RaceFailed(Exception):
    """A model failed, or brought other records than the first one: then no figure is worth anything."""


def run_workload(workload: Workload, models: Sequence[Model]) -> dict[str, Run]:
    """Run each of ``models``; by name. Raises RaceFailed."""
    runs: dict[str, Run] = {}
    first: dict[str, Any] | None = None
    headers = {PARSE_AGAIN: str(workload.parse_again)}
    with SiteProcess(latency=workload.latency, headers=headers) as site:
        for model in models:
            found, run = run_model(model, site.url)
            runs[model.name] = run
            first = found if first is None else first
            different = sum(found.get(url) != first.get(url) for url in found.keys() | first.keys())
            if different:
                raise RaceFailed(
                    f"{model.name} ({workload.name}): {different} records of {len(first)} differ from "
                    f"those of {models[0].name}"
                )
    return runs


def run_model(model: Model, seed: str) -> tuple[dict[str, Any], Run]:
    """Crawl the site of ``seed`` once: what each URL's record says, and the figures. Raises RaceFailed."""
    environment = dict(os.environ)
    if can_do_without_lock():
        environment["PYTHON_GIL"] = "0" if model.without_lock else "1"
    with tempfile.TemporaryDirectory(prefix="crawler-race-") as folder:
        out = Path(folder) / "records"
        command = [sys.executable, "-m", f"{_HERE}.measured_process"]
        command += [sys.executable, "-m", f"{_HERE}.model_process", model.module, seed, str(out)]
        measured = run_json(model.name, command, environment)
        records = [decode(line) for line in out.read_bytes().splitlines()]
    said = json.loads(measured["said"])
    cpu = measured["cpu_s"] - said["cpu_before_s"]
    found = {record.url: compared(record) for record in records}
    if len(found) != len(records):
        raise RaceFailed(f"{model.name} brought {len(records) - len(found)} records twice")
    memory = max(measured["peak_bytes"], said["memory_bytes"]) or None
    return found, Run(len(records), said["wall_s"], cpu, memory, said["gil"])


def compared(record: Record) -> tuple[object, ...]:
    """What has to be the same whoever made the record: all but times, and the way there."""
    return (
        record.outcome,
        record.kind,
        record.status,
        record.bytes,
        record.charset,
        record.title,
        record.canonical,
        record.meta_robots,
        record.links,
        record.text_length,
    )


def run_json(name: str, command: list[str], environment: dict[str, str] | None = None) -> dict[str, Any]:
    """The JSON object that a command prints. Raises RaceFailed, with the last line that it said."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)  # noqa: S603
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise RaceFailed(f"{name} ended with exit code {done.returncode}: {last}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def client_cost(requests: int) -> dict[str, float]:
    """Seconds of processor time that one request costs each client."""
    with SiteProcess() as site:
        command = [sys.executable, "-m", f"{_HERE}.client_cost", site.url, str(requests)]
        return run_json("client_cost", command)
