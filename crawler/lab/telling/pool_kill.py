"""The table of ``pool-kill``: what one kill costs the others, at most."""

from typing import Any

from crawler.lab.finding import Table


def table(found: dict[str, Any], tasks: int) -> Table:
    """A row for each arrangement."""
    executor, queue, ours = found["executor"], found["queue"], found["ours"]
    broken = executor["broken"]
    rows = [
        (
            "ProcessPoolExecutor, 2 workers",
            str(executor["kills"]),
            f"{executor['hung']} programs",
            f"{max(broken, default=0)} of {tasks} futures failed",
        ),
        (
            "one Queue, 2 consumers",
            str(queue["kills"]),
            f"{queue['stuck']} consumers",
            "every item that came later",
        ),
        (
            "this crawler's pool, 2 parsers",
            str(ours["killed"]),
            "0: every page was parsed",
            f"{'1 page' if ours['again'] else 'no page'}, parsed again",
        ),
    ]
    return Table(("arrangement", "kills", "hang for ever", "at most, for one kill"), tuple(rows))
