"""The race in one picture: a panel for each workload, a bar for each model."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from crawler.lab.experiments.race.figures import Run, Workload
from crawler.lab.experiments.race.models import Model
from crawler.lab.machine import cores
from crawler.lab.report.pictures import BLUE, ORANGE, PURPLE, is_narrow, panels, small_letters

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GREY = "#8A8F96"
_KINDS = {
    (False, False): ("waits for one page, computes on one core", GREY),
    (True, False): ("waits for many pages, computes on one core", ORANGE),
    (False, True): ("waits for a page per core, computes on all", PURPLE),
    (True, True): ("waits for many pages, computes on all cores", BLUE),
}
"""Of (waits for many, computes on all cores): what that is, and its colour."""


def draw(
    workloads: Sequence[Workload],
    results: Mapping[str, Mapping[str, Run]],
    models: Sequence[Model],
    figure: "Figure",
) -> None:
    """Draw all panels side by side."""
    from matplotlib.patches import Patch

    figure.set_figheight(5.2)
    drawn = panels(figure, len(workloads), sharey=True)
    for panel, workload in zip(drawn, workloads, strict=True):
        _panel(panel, workload, results[workload.name], models)
    drawn[0].set_yticks(range(len(models)), [model.name for model in models])
    drawn[0].invert_yaxis()
    count = f"{cores()} core{'s' if cores() > 1 else ''}"
    figure.suptitle(f"Pages per second under each model, on {count} (longer is better)", x=0.01, ha="left")
    handles = [Patch(color=colour, label=label) for label, colour in _KINDS.values()]
    figure.legend(handles=handles, loc="outside lower center", ncols=1 if is_narrow(figure) else 2)


def _panel(panel: "Axes", workload: Workload, runs: Mapping[str, Run], models: Sequence[Model]) -> None:
    best, small = max(one.pages_per_second for one in runs.values()), small_letters()
    for row, model in enumerate(models):
        one = runs.get(model.name)
        if one is None:
            why = "not tried here" if model.not_possible else "failed here"
            panel.text(0.01 * best, row, why, va="center", color="#5B6168", style="italic")
            continue
        speed = one.pages_per_second
        _, colour = _KINDS[model.waits_for_many, model.computes_on_all_cores]
        panel.barh(row, speed, color=colour, height=0.7)
        is_best = speed == best
        text = f" {speed:,.0f} · {one.cores_used:.1f}{' ★' if is_best else ''}"
        panel.text(speed, row, text, va="center", fontsize=small, weight="bold" if is_best else "normal")
    panel.set_xlim(0, best * 2.0)  # room for the words beside the bars
    panel.set_ylim(-0.6, len(models) - 0.4)
    panel.tick_params(axis="y", length=0, labelsize=small)
    panel.set_xlabel("pages per second · cores used", fontsize=small)
    parsing = f"parsed {workload.parse_again + 1}×" if workload.parse_again else "parsed once"
    waiting = f"answers in {workload.latency * 1000:.0f} ms" if workload.latency else "answers at once"
    panel.set_title(f"{workload.name}\n{waiting}, {parsing}", fontsize=small)
