"""What the witness has seen, for people."""

from rich.table import Table

from crawler.lab.internet.report import LedgerReport, Limits, Rule, Violation

_SHOWN = 10


def as_table(report: LedgerReport) -> Table:
    """One line for each thing that was counted, with the limit it is held against."""
    table = Table("what was seen", title="How the internet was asked")
    table.add_column("", justify="right")
    table.add_column("allowed", justify="right")
    limits = report.limits
    table.add_row("requests", f"{report.requests:,}", "")
    table.add_row("hosts asked", f"{report.hosts:,}", "")
    table.add_row("pages answered whole", f"{report.pages:,}", "")
    table.add_row("of these once more", f"{report.again:,}", "")
    table.add_row("answered with a failure", f"{report.failures:,}", "")
    table.add_row("for what is not there", f"{report.strange:,}", "")
    most = "any" if limits.per_host is None else f"{limits.per_host:,}"
    table.add_row("at once to one host, most", f"{report.peak:,}", most)
    gap = "none" if report.shortest_gap is None else f"{report.shortest_gap:.3f} s"
    table.add_row("between two to one host, least", gap, _delay(limits))
    table.add_section()
    for rule in Rule:
        table.add_row(f"violations: {rule}", f"{report.counts[rule]:,}", "0")
    return table


def lines(report: LedgerReport) -> list[str]:
    """The first violations, a line for each."""
    shown = [_line(violation) for violation in report.violations[:_SHOWN]]
    more = sum(report.counts.values()) - len(shown)
    return [*shown, f"and {more:,} more"] if more else shown


def _delay(limits: Limits) -> str:
    if limits.delay is None:
        return "any"
    return f"{limits.delay:g} s - {limits.tolerance * 1_000:g} ms"


def _line(violation: Violation) -> str:
    where = f"{violation.rule}: {violation.host}{violation.path}"
    if violation.rule is Rule.ROBOTS:
        return f"{where} was not to be asked for"
    if violation.rule is Rule.PER_HOST:
        return f"{where} was {violation.by:g} too many at once"
    return f"{where} was asked for {violation.by:.3f} s too early"
