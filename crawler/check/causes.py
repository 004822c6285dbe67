"""Every rule that is on, applied to the facts of a crawl: all that is wrong, before anything is left out."""

from collections.abc import Iterator
from typing import NamedTuple

from crawler.check.rules import RULES
from crawler.check.site import Facts
from crawler.config import Config
from crawler.model.findings import RuleId, Severity


class Cause(NamedTuple):
    """What will be one finding."""

    rule: RuleId
    target: str


def severities(config: Config) -> dict[RuleId, Severity]:
    """Of every rule that is on."""
    levels = {rule.id: config.check.rules.get(rule.id) or rule.severity for rule in RULES}
    return {rule: level for rule, level in levels.items() if level != "off"}


def find(facts: Facts) -> None:
    """Fill the table ``found``. Raises sqlite3.Error."""
    db, on = facts.site.db, severities(facts.site.config)
    for rule in RULES:
        if rule.id in on:
            rule.find(facts.site)
    db.execute("CREATE INDEX temp.found_by_cause ON found (rule, target, page, line, col)")


def causes(facts: Facts) -> Iterator[Cause]:
    """All that is in the table ``found``, each once."""
    yield from map(Cause._make, facts.site.db.execute("SELECT DISTINCT rule, target FROM found"))
