"""A rule's ``find`` that is one SELECT, which most are."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from crawler.model.findings import RuleId

if TYPE_CHECKING:
    from crawler.check.site import Site

Parameters = Mapping[str, float | str]


def by_sql(
    rule: RuleId, query: str, parameters: "Callable[[Site], Parameters] | None" = None
) -> "Callable[[Site], None]":
    """What adds all rows of ``query`` to ``found``, for a rule.

    It selects target, message, detail (JSON), page, line, col, source and text. ``parameters`` tells its
    named parameters from the settings.
    """
    insert = f"INSERT INTO found SELECT '{rule}', * FROM ({query})"

    def find(site: "Site") -> None:
        site.db.execute(insert, {} if parameters is None else parameters(site))

    return find
