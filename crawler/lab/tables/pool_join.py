"""The table of ``pool-join``: what became of the tasks, and what the program said of it."""

from crawler.lab.finding import Table

End = dict[str, int]
"""Tasks ``done``, the program's ``exit_code``, and how many lines of ``complaints`` it printed."""


def table(found: dict[str, End], tasks: int) -> Table:
    """A row for each program."""
    rows = [
        (how, str(end["done"]), str(end["exit_code"]), "nothing" if not end["complaints"] else "something")
        for how, end in found.items()
    ]
    return Table(
        ("workers, and their end", f"done of {tasks}", "exit code", "standard error says"), tuple(rows)
    )
