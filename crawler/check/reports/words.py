"""What the reports say alike."""

from crawler.check.finding import Finding, Place, Result
from crawler.model.findings import SEVERITIES


def visible(text: str) -> str:
    """``text`` on one line, with its control characters made visible: a site may put anything into it."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def on_one_line(text: str) -> str:
    """Words of a page or a server, with each run of blanks as one space."""
    return visible(" ".join(text.split()))


def counted(count: int, noun: str) -> str:
    """``1 page``, ``1,451 places``."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def where(place: Place) -> str:
    """``page:line:column``, which editors and terminals can open."""
    if place.line is None:
        return place.page
    return f"{place.page}:{place.line}" + (f":{place.column}" if place.column is not None else "")


def spread(finding: Finding, result: Result) -> str:
    """On how many places and pages a finding is; what is on nearly every page is in what they share."""
    of_all = f" of {result.pages:,}" if 1 < finding.pages_count <= result.pages else ""
    noun = "page" if finding.pages_count == 1 else "pages"
    return f"{counted(finding.places_count, 'place')} on {finding.pages_count:,}{of_all} {noun}"


def said(finding: Finding) -> str:
    """The message, with the status or the kind where it does not name them."""
    message = on_one_line(finding.message)
    status, kind = finding.detail.get("status"), finding.detail.get("kind")
    more = status if status is not None else kind
    if more is None or str(more) in message:
        return message
    return f"{message} ({visible(str(more))})"


def totals(result: Result) -> str:
    """``3 errors, 1 warning``; without those that there are none of."""
    counts = result.totals()
    found = [counted(counts[severity], severity) for severity in SEVERITIES if counts[severity]]
    return ", ".join(found) or "nothing found"
