"""What the nodes have left, held against the truth: the records, the witness, and what is left behind."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from crawler.lab.internet.report import LedgerReport, Violation
from crawler.lab.internet.truth import Verdict, judge
from crawler.lab.nodes.inflicting import Done
from crawler.lab.nodes.plan import HARMLESS, Chaos, Fault
from crawler.lab.nodes.scene import Pause, Scene
from crawler.lab.nodes.takeover import Takeover
from crawler.model.record import Record, decode
from crawler.plumbing.fork_server_process import SEMAPHORES
from crawler.plumbing.starter_thread import off_loop

AFTER_PAUSE = 2.0
"""Seconds after a pause in which requests are seen that it has caught between their check and their send."""
MEDIAN, MOST = 2.0, 5.0
"""Seconds in which others have a killed node's work; after a pause, MOST over the time-out."""
ORPHANS = 10.0
"""Seconds that processes have to end once their main process is gone."""
NAMED = 5


class Outcome(msgspec.Struct):
    """How all of it ended."""

    chaos: Chaos
    seconds: float
    faults: list[Done]
    missed: int
    """Faults that there was no time for."""
    records: int
    verdict: Verdict
    requests: int
    again: int
    """Pages that were answered whole once more."""
    violations: int
    late: int
    """Those of a paused node's last requests, counted apart."""
    wrongs: list[str]
    slow: list[str]
    """Takeovers that took too long: on a machine with too much else to do, they do."""

    @property
    def in_flight(self) -> int:
        """Pages that might have to be fetched again, for all faults together."""
        return sum(done.in_flight for done in self.faults if done.fault not in HARMLESS)

    @property
    def is_right(self) -> bool:
        """Everything is as it was promised."""
        return self.verdict.is_right and not (self.wrongs or self.slow or self.violations or self.missed)


async def judged(
    scene: Scene, faults: Sequence[Done], missed: int, wrongs: Sequence[str], seconds: float
) -> Outcome:
    """Look at everything, from outside."""
    found = list(wrongs)
    verdict, records = await off_loop(lambda: _records(scene, found))
    seen = await off_loop(scene.net.ledger)
    late, violations = _sorted_out(scene, seen, found)
    outcome = Outcome(
        scene.chaos, seconds, list(faults), missed, records, verdict, seen.requests, seen.again, violations,
        late, found, _slow(scene.chaos, faults),
    )  # fmt: skip
    if seen.again > outcome.in_flight:
        found.append(f"{seen.again} pages were fetched again; {outcome.in_flight} were in flight")
    if seen.strange or seen.under_way:
        found.append(f"{seen.strange} requests were for what is not there, {seen.under_way} have no end")
    found += [
        f"{done.fault} at {done.at:.2f}: nobody went on with its work"
        for done in faults
        if done.takeover is not None and done.takeover.all_taken is None
    ]
    for member in scene.members:
        if left := await off_loop(lambda member=member: member.left(ORPHANS)):  # type: ignore[misc]
            found.append(f"{len(left)} processes of {member.name} were left behind")
        if "Traceback" in (said := member.log.read_text(errors="replace")):
            found.append(f"{member.name} printed a traceback: {said[said.index('Traceback') :][-600:]}")
    if left_over := await off_loop(lambda: _left_in_the_system(scene.noted)):
        found.append(f"{len(left_over)} semaphores and folders were left behind: {left_over[0]}")
    return outcome


def _left_in_the_system(noted: Sequence[str]) -> list[Path]:
    """Semaphores, and folders of multiprocessing."""
    found: list[Path] = []
    for note in noted:
        told = json.loads(note)
        found += SEMAPHORES.glob(f"sem.{told['semaphores'].lstrip('/')}-*")
        if told["folder"] is not None and (folder := Path(told["folder"])).exists():
            found.append(folder)
    return found


def _records(scene: Scene, wrongs: list[str]) -> tuple[Verdict, int]:
    """By the way that is open to everybody: ``crawler export``."""
    path, count = scene.folder / "all.jsonl", 0
    command = [sys.executable, "-m", "crawler", "export", str(scene.out), "--to", "jsonl", "-o", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ourselves
    if done.returncode:
        wrongs.append(f"crawler export failed ({done.returncode}): {done.stderr.strip()[-300:]}")

    def read() -> Iterator[Record]:
        nonlocal count
        for line in _lines(path):
            count += 1
            yield decode(line)

    return judge(scene.net.world, read()), count


def _lines(path: Path) -> Iterator[bytes]:
    if path.exists():
        with path.open("rb") as file:
            yield from file


def _sorted_out(scene: Scene, seen: LedgerReport, wrongs: list[str]) -> tuple[int, int]:
    """Violations that a pause has caused, of which there may be one for each fetcher; and all others."""
    by_pause, others = Counter[int](), []
    for violation in seen.violations:
        causes = [pause.node for pause in scene.pauses if _caused(scene, pause, violation)]
        if causes:
            by_pause[causes[0]] += 1
        else:
            others.append(violation)
    for node, count in by_pause.items():
        if count > scene.chaos.fetchers:
            wrongs.append(f"after the pause of incarnation {node}, {count} requests came too early")
    wrongs += [f"{one.rule}: {one.host}{one.path} by {one.by:.3f} at {one.at:.2f}" for one in others[:NAMED]]
    late = by_pause.total()
    return late, sum(seen.counts.values()) - late


def _caused(scene: Scene, pause: Pause, violation: Violation) -> bool:
    host = int(violation.host.removeprefix("h").removesuffix(".test"))
    in_time = pause.ended_at <= violation.at <= pause.ended_at + AFTER_PAUSE
    return in_time and scene.partition_of[host] in pause.partitions


def times(faults: Sequence[Done], *kinds: Fault) -> list[float]:
    """Seconds until others had all that there was to do, sorted."""
    return sorted(
        done.takeover.all_taken
        for done in faults
        if done.fault in kinds and done.takeover is not None and done.takeover.all_taken is not None
    )


def _steps(takeover: Takeover | None) -> str:
    if takeover is None:
        return "not seen"
    steps = {
        "the connection ended": takeover.noticed,
        "one partition was taken": takeover.first_taken,
        "one of its hosts was asked": takeover.asked,
    }
    return ", ".join(
        f"{step} after {seconds:.2f} s" for step, seconds in steps.items() if seconds is not None
    )


def _slow(chaos: Chaos, faults: Sequence[Done]) -> list[str]:
    wrongs = []
    killed = times(faults, Fault.KILL, Fault.KILL_GROUP)
    if killed and killed[len(killed) // 2] > MEDIAN:
        wrongs.append(
            f"a takeover takes {killed[len(killed) // 2]:.2f} s in the median, more than {MEDIAN:g}"
        )
    for done in faults:
        taken = done.takeover.all_taken if done.takeover is not None else None
        most = MOST + (chaos.session_timeout if done.fault is Fault.PAUSE_LONG else 0.0)
        if taken is not None and taken > most:
            beside = [
                other.fault
                for other in faults
                if other is not done and other.at < done.at + taken and other.ended_at > done.at
            ]
            wrongs.append(
                f"{done.fault} at {done.at:.2f}: others had its work after {taken:.2f} s, more than {most:g}"
                f" ({_steps(done.takeover)});"
                f" meanwhile: {', '.join(beside) or 'nothing else'}"
            )
    return wrongs
