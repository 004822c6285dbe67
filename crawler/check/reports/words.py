"""What the reports say alike."""

from crawler.check.finding import Finding, Place, Result
from crawler.model.findings import SEVERITIES
from crawler.watch.words import counted, on_one_line, visible


def where(place: Place) -> str:
    """``page:line:column``, which editors and terminals can open."""
    if place.line is None:
        return place.page
    return f"{place.page}:{place.line}" + (f":{place.column}" if place.column is not None else "")


def about(place: Place) -> list[str]:
    """What stands there: the element and the link's text, as far as there are such."""
    text = on_one_line(place.text)
    if text and place.element:
        text = f'"{text}"'
    return [part for part in (place.element, text) if part]


def spread(finding: Finding) -> str:
    """``300 places on 17 pages``."""
    return f"{counted(finding.places_count, 'place')} on {counted(finding.pages_count, 'page')}"


def said(finding: Finding) -> str:
    """The message, with the status or the kind where it does not name them."""
    message = on_one_line(finding.message)
    status, kind = finding.detail.get("status"), finding.detail.get("kind")
    more = str(kind or "" if status is None else status)
    if not more or more in message or more.startswith("2"):  # 2xx: nothing is wrong with that
        return message
    return f"{message.rstrip('.')} ({visible(more)})."


def totals(result: Result) -> str:
    """``3 errors, 1 warning``; without those that there are none of."""
    counts = result.totals()
    found = [counted(counts[severity], severity) for severity in SEVERITIES if counts[severity]]
    return ", ".join(found) or "nothing found"
