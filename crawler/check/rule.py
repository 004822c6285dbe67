"""What a rule is: an id, how bad it is, three sentences for people, and SQL that finds its faults.

The SQL runs on ``facts.db`` and the tables that :mod:`crawler.check.site` makes beside it.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from crawler.model.findings import RuleId, Severity

if TYPE_CHECKING:
    from crawler.check.site import Site

Parameters = Mapping[str, float | str]


class Rule(NamedTuple):
    """One thing that can be wrong with a site."""

    id: RuleId
    severity: Severity
    """Unless ``check.rules`` says otherwise."""
    title: str
    """A few words."""
    what: str
    """What it finds: one to three sentences."""
    why: str
    """Why that matters, to whom."""
    mend: str
    """What to do."""
    find: "Callable[[Site], None]"
    """Adds all that it finds to the table ``found``, in a few statements of SQL."""


def by_sql(
    rule: RuleId, query: str, parameters: "Callable[[Site], Parameters] | None" = None
) -> "Callable[[Site], None]":
    """A rule's ``find`` that is one SELECT, as most are: it adds all rows of ``query`` to ``found``.

    It selects target, message, detail (JSON), page, line, col, source and text. ``parameters`` tells its
    named parameters from the settings.
    """
    insert = f"INSERT INTO found SELECT '{rule}', * FROM ({query})"

    def find(site: "Site") -> None:
        site.db.execute(insert, {} if parameters is None else parameters(site))

    return find
