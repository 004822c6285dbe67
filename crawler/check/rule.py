"""What a rule is: an id, how bad it is, three sentences for people, and SQL that finds its faults.

The SQL runs on ``facts.db`` and the tables that :mod:`crawler.check.site` makes beside it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from crawler.model.findings import RuleId, Severity

if TYPE_CHECKING:
    from crawler.check.site import Site


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
