"""``python -m examples.ladder``: every step of the ladder, side by side.

It serves the bundled site, runs the eight steps and this crawler under two kinds of work, wants the same
records of all of them, kills the writers of the last two, and prints a table. The table, as JSON, and a
picture lie in the folder that is said last. ``--serve`` only serves the site, for trying one step after the
other by hand.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from crawler.lab.labels import ENGLISH
from crawler.lab.machine import this_machine
from crawler.lab.report.pictures import can_draw
from crawler.lab.site.site_process import SiteProcess
from crawler.plumbing.server_process import until_stopped
from examples.ladder.chart import draw
from examples.ladder.running import STEPS, LadderFailed, Workload, kept_after_kill, seconds_of

WORKLOADS = (Workload("waiting", latency=0.05, parses=1), Workload("computing", latency=0.0, parses=100))
QUICK = (Workload("waiting", latency=0.02, parses=1), Workload("computing", latency=0.0, parses=10))
KILL_AT = {"step8_writer": 40, "ninth_this_crawler": 1}
"""After how many records a writer is killed; those of the ninth come in batches, so that one is enough."""
PORT = 8000


def serve(latency: float) -> None:
    """Serve the site until Ctrl-C."""
    with until_stopped(), SiteProcess(PORT, latency) as site:
        print(f"The bundled site, {latency * 1000:.0f} ms for each answer, is at {site.url} until Ctrl-C.")
        print(f"Try in another terminal: python examples/ladder/{STEPS[0].file}.py {site.url}", flush=True)
        site.join()


def climb(workloads: tuple[Workload, ...], rounds: int, folder: Path) -> None:
    """Run everything, print the table, and write it and the picture into ``folder``. Raises LadderFailed."""
    kept, seconds = kept_after_kill(KILL_AT), {}
    for workload in workloads:
        print(
            f"{workload.name}: {len(STEPS)} crawlers, {rounds} run{'s' * (rounds > 1)} of each …", flush=True
        )
        seconds[workload.name] = seconds_of(workload, rounds=rounds)
    machine = this_machine()
    print(f"\n{'':20}{'waits':26}{'parses':26}" + "".join(f"{one.name + ', s':>14}" for one in workloads))
    for step in STEPS:
        times = "".join(f"{seconds[one.name][step.file]:14.2f}" for one in workloads)
        print(f"{step.file:20}{step.waits:26}{step.parses:26}{times}")
    print("\nWhole records in the file after kill -9 of the writer:")
    for name, count in kept.items():
        print(f"{name:20}{count}")
    folder.mkdir(parents=True, exist_ok=True)
    told: dict[str, Any] = {
        "machine": asdict(machine),
        "rounds": rounds,
        "steps": [step._asdict() for step in STEPS],
        "workloads": [one._asdict() for one in workloads],
        "seconds": seconds,
        "kept_after_kill": kept,
    }
    (folder / "ladder.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    if can_draw():
        draw(workloads, seconds, machine.cores, folder / "ladder")
    else:
        print(ENGLISH.no_pictures)
    print(f"\n{folder}")


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.ladder", description="Run every step of the ladder, side by side."
    )
    parser.add_argument("-o", "--out", type=Path, default=Path("crawls", "ladder"), metavar="FOLDER")
    parser.add_argument("--quick", action="store_true", help="less work, rougher figures")
    parser.add_argument("--rounds", type=int, default=1, help="the fastest of so many counts (default: 1)")
    parser.add_argument("--serve", action="store_true", help="only serve the site, on port 8000")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error(f"--rounds is {options.rounds}; allowed is 1 or more")
    if options.serve:
        serve(WORKLOADS[0].latency)
        return
    try:
        climb(QUICK if options.quick else WORKLOADS, options.rounds, options.out)
    except LadderFailed as error:
        sys.exit(f"{error}.")


if __name__ == "__main__":
    main()
