"""Runs the models, each in fresh processes, and checks that all of them bring the same records."""

import json
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crawler.lab.experiments.race.client_cost import costs
from crawler.lab.experiments.race.figures import RaceFailed, Run, Workload, beside_each_other
from crawler.lab.experiments.race.measured_process import measure
from crawler.lab.experiments.race.models import Model, can_do_without_lock
from crawler.lab.experiments.race.work import PARSE_AGAIN
from crawler.lab.sandbox_process import measured, run_alone
from crawler.lab.site.site_process import SiteProcess
from crawler.model.record import Record, decode

_HERE = "crawler.lab.experiments.race"
TIME_LIMIT = 60.0
"""Seconds after which a model is taken never to end; on a quiet machine none needs a fifth of that."""
_ERROR = re.compile(r"^[ |]*((?:\w+\.)+\w+: .+|\w+(?:Error|Exception): .+)$", re.MULTILINE)
"""A line of a traceback that names an exception. The first one is what began it all."""


class ModelFailed(Exception):
    """A model cannot run here; ``str()`` says which, and why."""


def run_workload(
    workload: Workload, models: Sequence[Model], failed: dict[str, str] | None = None, rounds: int = 1
) -> dict[str, Run]:
    """Run each of ``models``; by name. Raises RaceFailed.

    While others or a slower processor disturb a model, it is run again in the next of so many rounds; its
    fastest run counts. One that cannot run is left out, and why is noted in ``failed``; who stands there is
    not tried again.
    """
    runs: dict[str, Run] = {}
    failed = {} if failed is None else failed
    first: dict[str, Any] | None = None
    headers = {PARSE_AGAIN: str(workload.parse_again)}
    with SiteProcess(latency=workload.latency, headers=headers) as site:
        for model in [*models] * rounds:
            if model.name in failed or (model.name in runs and not runs[model.name].disturbed):
                continue
            try:
                found, run = run_model(model, site.url)
            except ModelFailed as error:
                failed[model.name] = str(error)
                continue
            runs[model.name] = min(run, runs.get(model.name, run), key=lambda one: one.wall)
            runs = beside_each_other(runs)
            first = found if first is None else first
            different = sum(found.get(url) != first.get(url) for url in found.keys() | first.keys())
            if different:
                raise RaceFailed(
                    f"{model.name} ({workload.name}): {different} records of {len(first)} differ from "
                    f"those of {next(iter(runs))}"
                )
    if not runs:
        raise RaceFailed("; ".join(failed.values()))
    return runs


def run_model(model: Model, seed: str) -> tuple[dict[str, Any], Run]:
    """Crawl the site of ``seed`` once: what each URL's record says, and the figures.

    Raises ModelFailed where it does not come to its end, RaceFailed where it brings a record twice.
    """
    environment = {"PYTHON_GIL": "0" if model.without_lock else "1"} if can_do_without_lock() else {}
    with tempfile.TemporaryDirectory(prefix="crawler-race-") as folder:
        out = Path(folder) / "records"
        command = [sys.executable, "-m", f"{_HERE}.model_process", model.module, seed, str(out)]
        outcome = run_alone(measure, command, environment, timeout=TIME_LIMIT)
        if outcome.hung:
            raise ModelFailed(f"{model.name} did not end within {TIME_LIMIT:g} s")
        if outcome.exit_code != 0:
            why = reason(outcome.errors)
            raise ModelFailed(f"{model.name} ended with exit code {outcome.exit_code}: {why}")
        records = [decode(line) for line in out.read_bytes().splitlines()]
    figures = outcome.answer
    said = json.loads(figures["said"])
    cpu = figures["cpu_s"] - said["cpu_before_s"]
    found = {record.url: compared(record) for record in records}
    if len(found) != len(records):
        raise RaceFailed(f"{model.name} brought {len(records) - len(found)} records twice")
    memory = max(figures["peak_bytes"], said["memory_bytes"]) or None
    others, pace = figures["others_cores"], figures["pace_s"]
    return found, Run(len(records), said["wall_s"], cpu, memory, said["gil"], others, pace)


def reason(errors: str) -> str:
    """What went wrong, of all that a program wrote to standard error."""
    named = _ERROR.search(errors)
    return named[1] if named else (errors.strip().splitlines() or ["it said nothing"])[-1]


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


def client_cost(requests: int) -> dict[str, float]:
    """Seconds of processor time that one request costs each client."""
    with SiteProcess() as site:
        cost: dict[str, float] = measured(costs, site.url, requests)
        return cost
