"""One small file for each family of rules; ``RULES`` are all of them."""

from crawler.check.rule import Rule
from crawler.check.rules import fragments, links, redirects
from crawler.model.findings import RULE_IDS

_FAMILIES = (links.RULES, fragments.RULES, redirects.RULES)

RULES: tuple[Rule, ...] = tuple(
    sorted((rule for family in _FAMILIES for rule in family), key=lambda rule: RULE_IDS.index(rule.id))
)
"""Every rule, in the order of :data:`crawler.model.findings.RULE_IDS`."""
