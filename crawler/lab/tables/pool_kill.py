"""The table of ``pool-kill``: what the kills cost the others."""

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
            f"up to {max(broken, default=0)} of {tasks} futures failed at once",
        ),
        (
            "one Queue, 2 consumers",
            str(queue["kills"]),
            f"{queue['stuck']} consumers",
            f"the next item was not taken, {queue['stuck']} times" if queue["stuck"] else "nothing",
        ),
        (
            "this crawler's pool, 2 parsers",
            str(ours["killed"]),
            f"{lost} pages" if (lost := ours["begun"] - ours["parsed"]) else "none: every page was parsed",
            f"parsed again: {ours['again']} of {ours['parsed']:,} pages",
        ),
    ]
    return Table(("arrangement", "kills", "hang for ever", "what else they cost"), tuple(rows))
