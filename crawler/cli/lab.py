"""``crawler lab``: the experiments."""

from typing import Annotated

import typer

from crawler.cli.common import say, unread_is_no_error

lab = typer.Typer(
    name="lab",
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Experiments on this machine, with a site of their own.",
)


@lab.callback()
def experiments() -> None:
    """Experiments on this machine, with a site of their own."""


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
    ] = 4.0,
) -> int:
    """Crawl a server that misbehaves in every way there is, and judge what is recorded of each.

    Exit code 1 if anything was recorded, or asked for, otherwise than it should be.
    """
    from crawler.lab.faults.report import crawl_faults, lines

    verdicts = crawl_faults(timeout)
    for line in lines(verdicts):
        say(line)
    return 0 if all(verdict.right for verdict in verdicts) else 1
