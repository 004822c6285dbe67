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
