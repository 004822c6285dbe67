"""The table of ``globals``: who sees what."""

from crawler.lab.finding import Table
from crawler.lab.tables.units import yes_or_no


def table(found: dict[str, dict[str, bool]], looks: dict[str, str]) -> Table:
    """A row for each thing to be seen, a column for each kind of child."""
    rows = [(text, *(yes_or_no(saw[key]) for saw in found.values())) for key, text in looks.items()]
    return Table(("what is seen", *found), tuple(rows))
