"""``crawler lab``: the experiments."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.common import Command, complain, say, unread_is_no_error
from crawler.cli.internet import internet
from crawler.cli.lab_ask import predict_run_explain, prepare_to_ask
from crawler.cli.lab_nodes import nodes
from crawler.lab.registry import EXPERIMENTS, chosen

if TYPE_CHECKING:
    from crawler.lab.experiment_process import Result
    from crawler.lab.laboratory import Report
    from crawler.lab.language import Language

_MEASURE = "measure"


class _Lab(click.Group):
    """``crawler lab [EXPERIMENT …]`` beside the subcommands: what is no subcommand goes to a hidden one.

    The help of the two is one.
    """

    command_class = Command

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self.commands)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] == _MEASURE or args[0] not in self.commands:
            args = ["--help"] if {"-h", "--help"} & set(args) else [_MEASURE, *args]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return "" if name == _MEASURE else name, command, rest  # so that usage says `crawler lab`

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        measure = self.commands[_MEASURE]
        measure.format_usage(ctx, formatter)
        measure.format_help_text(ctx, formatter)
        with formatter.section("Experiments"):
            formatter.write_dl([(name, about) for name, (_, about) in EXPERIMENTS.items()])
        measure.format_options(ctx, formatter)
        with formatter.section("Run by themselves, with options of their own"):
            apart = [(name, command) for name, command in self.commands.items() if not command.hidden]
            formatter.write_dl([(name, command.get_short_help_str(70)) for name, command in apart])


@click.group(cls=_Lab)
def lab() -> None:
    """Measure every concurrency model on this machine."""


@lab.command(_MEASURE, hidden=True)
@click.argument("names", metavar="[EXPERIMENT]...", nargs=-1, help="Those to run; all unless named.")
@click.option("--quick", is_flag=True, help="Measure less: right in direction, rough in figures.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--ask", is_flag=True, help="Ask for a guess before each, and explain it after.")
@click.option("-o", "--out", metavar="DIR", help="Folder of the report.  [default: a new crawls/lab-UTCTIME]")
@click.option(
    "--language", "code", metavar="en|zh", type=click.Choice(["en", "zh"]), default="en", show_default=True,
    help="Of all that is printed, asked and reported.",
)  # fmt: skip
def measure(names: tuple[str, ...], quick: bool, as_json: bool, ask: bool, out: str | None, code: str) -> int:
    """Measure what is said of coroutines, threads and processes on this machine.

    Each experiment prints its claim, what was done, the figures, and whether they bear the claim out.
    With --ask, it asks for your guess first, and says at last why it is so, where this program does it, and
    what to try yourself.
    A report with pictures is written to a folder. Ctrl-C ends it; what was found until then is kept.
    Exit code 1 if an experiment itself failed.
    """
    import json

    from crawler.lab.finding import Scale
    from crawler.lab.laboratory import as_json as to_json
    from crawler.lab.laboratory import report_folder, run_all, write_report
    from crawler.lab.language import LANGUAGES

    language = LANGUAGES[code]
    wanted = chosen(list(names))
    if ask:
        prepare_to_ask(as_json=as_json)
    folder = report_folder(Path(out) if out is not None else None)
    scale = Scale.QUICK if quick else Scale.NORMAL
    on_start = partial(_on_start, language)
    if as_json:
        report = run_all(wanted, scale, folder, language=language)
    elif ask:
        report = predict_run_explain(wanted, scale, folder, on_start, _on_result, language)
    else:
        report = run_all(wanted, scale, folder, on_start, _on_result, language)
    write_report(report, folder)
    if as_json:
        say(json.dumps(to_json(report) | {"report": str(folder)}, ensure_ascii=False))
    else:
        _conclude(report, folder)
    if report.interrupted:
        return 130
    return 1 if report.failed else 0


def _on_start(language: "Language", name: str) -> None:
    say(f"── {name}{language.labels.colon}{language.about(name)} …")


def _on_result(result: "Result", report: "Report") -> None:
    from crawler.lab.report.words import console, duration, print_finding

    labels = report.language.labels
    with unread_is_no_error():
        if result.finding is not None:
            print_finding(console(), result.finding, labels)
        elif result.not_possible is not None:
            print(f"{labels.skipped.capitalize()}{labels.colon}{result.not_possible}")
        else:
            complain(f"{result.name} {labels.failed}{labels.colon}{result.failed}")
        print(f"({duration(result.seconds, labels)})\n")


def _conclude(report: "Report", folder: Path) -> None:
    from crawler.lab.report.pictures import can_draw
    from crawler.lab.report.words import conclusion

    for line in conclusion(report):
        say(line)
    if not can_draw():
        say(report.language.labels.no_pictures)
    say(report.language.labels.report.format(path=folder / "report.html"))


@lab.command()
@click.option(
    "--kills",
    metavar="N",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="Crawls to be killed; each takes about 2 seconds.",
)
@click.option(
    "--seed",
    metavar="S",
    type=int,
    default=1,
    show_default=True,
    help="Decides what is killed, and after how many records.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def crash(kills: int, seed: int, as_json: bool) -> int:
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
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=1),
    default=10.0,
    show_default=True,
    help="For one whole exchange.",
)
@click.option(
    "--backend",
    metavar="aiohttp|httpx",
    type=click.Choice(["aiohttp", "httpx"]),
    default="aiohttp",
    show_default=True,
    help="The HTTP library; httpx needs the extra http2.",
)
def faults(timeout: float, backend: str) -> int:
    """Crawl a server that misbehaves in every way there is, and judge what is recorded of each.

    Exit code 1 if anything was recorded, or asked for, otherwise than it should be.
    """
    from crawler.lab.faults.report import crawl_faults, lines

    verdicts = crawl_faults(timeout, backend)
    for line in lines(verdicts):
        say(line)
    return 0 if all(verdict.right for verdict in verdicts) else 1


lab.add_command(internet)
lab.add_command(nodes)
