"""``crawler lab``: the experiments."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from crawler.cli.common import complain, say, unread_is_no_error
from crawler.lab.registry import EXPERIMENTS, chosen

if TYPE_CHECKING:
    from crawler.lab.experiment_process import Result

_MEASURE = "measure"


class _Lab(TyperGroup):
    """``crawler lab [EXPERIMENT …]`` beside the subcommands: what is no subcommand goes to a hidden one.

    The help of the two is one.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or args[0] == _MEASURE or args[0] not in self.commands:
            args = ["--help"] if {"-h", "--help"} & set(args) else [_MEASURE, *args]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return "" if name == _MEASURE else name, command, rest  # so that usage says `crawler lab`

    def format_help(self, ctx: Any, formatter: Any) -> None:
        measure = self.commands[_MEASURE]
        measure.format_usage(ctx, formatter)
        measure.format_help_text(ctx, formatter)
        with formatter.section("Experiments"):
            formatter.write_dl([(name, about) for name, (_, about) in EXPERIMENTS.items()])
        measure.format_options(ctx, formatter)
        with formatter.section("Run by themselves, with options of their own"):
            apart = [(name, command) for name, command in self.commands.items() if not command.hidden]
            formatter.write_dl([(name, command.get_short_help_str(70)) for name, command in apart])


lab = typer.Typer(
    name="lab",
    cls=_Lab,
    rich_markup_mode=None,
    help="Measure every concurrency model on this machine.",
)


class Backend(StrEnum):
    """The values of ``fetch.backend``."""

    AIOHTTP = "aiohttp"
    HTTPX = "httpx"


@lab.callback()
def experiments() -> None:
    """Measure every concurrency model on this machine."""


@lab.command(_MEASURE, hidden=True)
def measure(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="EXPERIMENT", help="Those to run; all unless named.", show_default=False),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick", help="Measure less: right in direction, rough in figures.", show_default=False
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.", show_default=False)
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="DIR", help="Folder of the report.  [default: a new crawls/lab-UTCTIME]"
        ),
    ] = None,
) -> int:
    """Measure what is said of coroutines, threads and processes on this machine.

    Each experiment prints its claim, what was done, the figures, and whether they bear the claim out.
    A report with pictures is written to a folder. Ctrl-C ends it; what was found until then is kept.
    Exit code 1 if an experiment itself failed.
    """
    import json

    from crawler.lab.finding import Scale
    from crawler.lab.laboratory import as_json as to_json
    from crawler.lab.laboratory import report_folder, run_all, write_report

    wanted = chosen(names or [])
    folder = report_folder(out)
    scale = Scale.QUICK if quick else Scale.NORMAL
    if as_json:
        report = run_all(wanted, scale, folder)
    else:
        report = run_all(wanted, scale, folder, _on_start, _on_result)
    write_report(report, folder)
    if as_json:
        say(json.dumps(to_json(report) | {"report": str(folder)}, ensure_ascii=False))
    else:
        _conclude(report, folder)
    if report.interrupted:
        return 130
    return 1 if report.failed else 0


def _on_start(name: str) -> None:
    say(f"── {name}: {EXPERIMENTS[name][1]} …")


def _on_result(result: "Result") -> None:
    from crawler.lab.report.words import console, duration, print_finding

    with unread_is_no_error():
        if result.finding is not None:
            print_finding(console(), result.finding)
        elif result.not_possible is not None:
            print(f"Skipped: {result.not_possible}")
        else:
            complain(f"{result.name} failed: {result.failed}")
        print(f"({duration(result.seconds)})\n")


def _conclude(report: Any, folder: Path) -> None:
    from crawler.lab.report.pictures import HOW_TO_DRAW, can_draw
    from crawler.lab.report.words import conclusion

    for line in conclusion(report):
        say(line)
    if not can_draw():
        say(HOW_TO_DRAW)
    say(f"report: {folder / 'report.html'}")


@lab.command()
def crash(
    kills: Annotated[
        int,
        typer.Option("--kills", metavar="N", min=1, help="Crawls to be killed; each takes about 2 seconds."),
    ] = 50,
    seed: Annotated[
        int, typer.Option("--seed", metavar="S", help="Decides what is killed, and after how many records.")
    ] = 1,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.", show_default=False)
    ] = False,
) -> int:
    """Kill crawls in every way there is, let them go on, and judge what they leave.

    Exit code 1 if a page was lost, recorded twice, or asked for again although its record was safe,
    or if a process or a semaphore was left behind.
    """
    import json
    import sys

    from crawler.lab.crash.experiment import as_json as to_json
    from crawler.lab.crash.experiment import as_table, kill_crawls
    from crawler.lab.crash.trial import Verdict

    def show(verdict: Verdict) -> None:
        if not as_json:
            outcome = "ok" if verdict.is_clean else f"WRONG: {'; '.join(verdict.wrongs) or 'see below'}"
            say(f"{verdict.seconds:5.1f} s  {verdict.method:10}  {verdict.kind:31}  {outcome}")

    verdicts = kill_crawls(kills, seed, show)
    if as_json:
        say(json.dumps(to_json(verdicts, seed)))
    else:
        from rich.console import Console

        with unread_is_no_error():
            Console(width=None if sys.stdout.isatty() else 120).print(as_table(verdicts))
    return 0 if all(verdict.is_clean for verdict in verdicts) else 1


@lab.command()
def faults(
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=1, help="For one whole exchange.")
    ] = 10.0,
    backend: Annotated[
        Backend, typer.Option("--backend", help="The HTTP library; httpx needs the extra http2.")
    ] = Backend.AIOHTTP,
) -> int:
    """Crawl a server that misbehaves in every way there is, and judge what is recorded of each.

    Exit code 1 if anything was recorded, or asked for, otherwise than it should be.
    """
    from crawler.lab.faults.report import crawl_faults, lines

    verdicts = crawl_faults(timeout, backend.value)
    for line in lines(verdicts):
        say(line)
    return 0 if all(verdict.right for verdict in verdicts) else 1
