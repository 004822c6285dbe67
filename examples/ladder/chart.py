"""The ladder in one picture: a panel for each kind of work, a bar for each step."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.lab.report import pictures
from crawler.lab.report.pictures import BLUE, ORANGE, PURPLE
from examples.ladder.running import STEPS, Workload

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GREY = "#8A8F96"
KINDS = {
    "waits for one page, parses on one core": (GREY, ("step1",)),
    "waits for many pages, parses on one core": (ORANGE, ("step2", "step5", "step6")),
    "waits for a page per core, parses on all": (PURPLE, ("step3", "step4")),
    "waits for many pages, parses on all cores": (BLUE, ("step7", "step8", "ninth")),
}


def draw(
    workloads: Sequence[Workload], seconds: Mapping[str, Mapping[str, float]], cores: int, path: Path
) -> None:
    """Write the picture beside ``path``: PNG, SVG and narrow SVG. It needs matplotlib, the extra ``lab``."""
    title = f"The ladder on {cores} core{'s' if cores > 1 else ''}"
    pictures.draw(partial(_draw, workloads, seconds), path, title)


def _draw(
    workloads: Sequence[Workload],
    seconds: Mapping[str, Mapping[str, float]],
    figure: "Figure",
) -> None:
    from matplotlib.patches import Patch

    figure.set_figheight(7.6)
    panels = figure.subplots(len(workloads), 1)
    for panel, workload in zip(panels, workloads, strict=True):
        took = seconds[workload.name]
        for row, step in enumerate(STEPS):
            colour = next(colour for colour, steps in KINDS.values() if step.file.startswith(steps))
            panel.barh(row, took[step.file], color=colour, height=0.7)
            panel.text(took[step.file], row, f" {took[step.file]:.2f} s", va="center")
        panel.set_xlim(0, 1.2 * max(took.values()))
        panel.tick_params(axis="y", length=0)
        panel.set_yticks(range(len(STEPS)), [step.name for step in STEPS])
        panel.invert_yaxis()
        answers = f"answers in {workload.latency * 1000:.0f} ms" if workload.latency else "answers at once"
        parsed = f"parsed {workload.parses} times" if workload.parses > 1 else "parsed once"
        panel.set_title(f"{workload.name}: {answers}, {parsed}")
    panels[-1].set_xlabel("seconds (shorter is better)")
    handles = [Patch(color=colour, label=label) for label, (colour, _) in KINDS.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=1)
