"""The words of a check: how bad a finding is, and which rules there are.

They stand in configuration files and reports, so they are a contract with whoever reads these.
"""

from typing import Literal, get_args

Severity = Literal["error", "warning", "note"]
"""The worst first."""
SEVERITIES: tuple[Severity, ...] = get_args(Severity)

Level = Literal["error", "warning", "note", "off"]
"""What ``check.rules`` may say of a rule."""

FailOn = Literal["error", "warning", "note", "never"]
"""The mildest finding that makes a check fail."""

RuleId = Literal[
    "broken-link",
    "broken-external",
    "unreachable",
    "flaky",
    "broken-fragment",
    "malformed-url",
    "empty-href",
    "redirect-permanent",
    "redirect-temporary",
    "redirect-chain",
    "redirect-loop",
    "redirect-to-http",
    "wrong-content-type",
    "mixed-content",
    "missing-title",
    "empty-title",
    "duplicate-title",
    "near-duplicate",
    "missing-lang",
    "missing-alt",
    "duplicate-id",
    "canonical-broken",
    "canonical-conflict",
    "sitemap-broken",
    "sitemap-redirect",
    "sitemap-noindex",
    "sitemap-outside",
    "orphan",
    "robots-disallowed",
    "soft-404",
    "slow",
    "large",
    "truncated",
    "charset",
    "certificate",
    "insecure-login",
]
"""Each is a rule of :mod:`crawler.check.rules`."""
RULE_IDS: tuple[RuleId, ...] = get_args(RuleId)
