"""How a check ends: its exit code, and why it is that one."""

from typing import NamedTuple

from crawler.check.finding import Result
from crawler.model.errors import EXIT_STOPPED, CrawlFailed
from crawler.model.findings import SEVERITIES, FailOn, Severity


class Verdict(NamedTuple):
    """What a pipeline is told."""

    exit_code: int
    """0 nothing at or above ``fail_on`` · 1 something, or too few pages · 3 no page was read, or the crawl
    ended incomplete · 130 it was stopped."""
    reason: str
    """Why, in a few words; empty where nothing was found at all."""
    fail_on: FailOn

    def fails(self, severity: Severity) -> bool:
        """Whether a finding of that severity makes a check fail."""
        return self.fail_on != "never" and SEVERITIES.index(severity) <= SEVERITIES.index(self.fail_on)


def verdict(result: Result, fail_on: FailOn = "error") -> Verdict:
    """The verdict on ``result``. What was not read to its end (3, 130) beats what was found (1)."""
    draft = Verdict(0, "", fail_on)
    totals = result.totals()
    found = any(totals[severity] for severity in SEVERITIES)
    if result.state == "stopped":
        return draft._replace(exit_code=EXIT_STOPPED, reason="the crawl was stopped before its end")
    if result.state != "finished":
        return draft._replace(exit_code=CrawlFailed.exit_code, reason=f"the crawl is {result.state}")
    if not result.pages:
        return draft._replace(exit_code=CrawlFailed.exit_code, reason="no page could be read")
    if any(totals[severity] for severity in SEVERITIES if draft.fails(severity)):
        return draft._replace(exit_code=1, reason=f"--fail-on {fail_on}")
    if result.pages_missing is not None:
        fewer = f"{result.pages_missing:,} page{'s' * (result.pages_missing != 1)} fewer"
        return draft._replace(exit_code=1, reason=f"{fewer} than check.min_pages")
    return draft._replace(reason=f"--fail-on {fail_on}" if found else "")
