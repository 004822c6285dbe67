"""What the reports say alike."""

from crawler.check.finding import Finding, Mend, Place, Result, Since
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


def since_words(since: Since) -> str:
    """``since OUT@2 (2026-11-03), 4 checks in a row``."""
    row = f", {counted(since.checks, 'check')} in a row" if since.checks > 1 else ""
    return f"since {since.crawl} ({since.at[:10]}){row}"


def mend_words(mend: Mend) -> str:
    """``probably now at https://…: it has the content that was there (98%)``."""
    return f"probably now at {visible(mend.target)}: {on_one_line(mend.why)} ({mend.sure:.0%})"


def totals(result: Result) -> str:
    """``3 errors, 1 warning``; without those that there are none of."""
    counts = result.totals()
    found = [counted(counts[severity], severity) for severity in SEVERITIES if counts[severity]]
    return ", ".join(found) or "nothing found"
