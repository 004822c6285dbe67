"""An experiment that does what the environment variable TOY says, and well unless it says anything.

Since it says <so> itself:

- one ``ball``
- two cars

In this program: nothing.
"""

import multiprocessing
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from crawler.lab.finding import Finding, NotPossible, Scale, Table, Verdict


def run(scale: Scale) -> Finding:
    match os.environ.get("TOY"):
        case "lacks":
            raise NotPossible("there is no <sand> here")
        case "crashes":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "fails":
            raise ValueError("it went wrong")
        case "fills memory":
            raise MemoryError
        case "hangs":
            hang(Path(os.environ["TOY_PIDS"]))
    table = Table(("toy <b>", "pages/s"), (("ball", "1"), ("car", "20")), "All toys")
    return Finding(
        claim="Toys & games are fast.",
        done=f"They were played with, {scale}.",
        tables=[table],
        verdict=Verdict.HALF,
        because="Since 1 < 20.",
        figures={"ball_s": 1.0},
        draw=draw,
        notes=["The doll was not tried."],
    )


def draw(figure: Any) -> None:
    axes = figure.subplots()
    axes.bar(["ball", "car"], [1, 20])
    axes.text(0, 1, "0.125")
    figure.suptitle("Played with")


def hang(pids: Path) -> None:
    """Become a family: a child that ignores Ctrl-C, its parent that waits for it for ever, a lock, a file."""
    context = multiprocessing.get_context("spawn")
    lock = context.Lock()
    child = context.Process(target=sulk, args=(lock,))
    child.start()
    left = Path(tempfile.mkdtemp()) / "left-behind"
    left.touch()
    semaphore = Path("/dev/shm") / f"sem.{lock._semlock.name[1:]}"
    pids.with_suffix(".part").write_text(f"{os.getpid()} {child.pid} {semaphore} {left}")
    pids.with_suffix(".part").rename(pids)
    child.join()
    sys.exit("unreachable")


def sulk(_lock: object) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    time.sleep(600)
