"""What the reports say alike."""

from collections.abc import Iterator

from crawler.check.finding import Finding, Mend, Place, Result, Since
from crawler.check.grouping import SHOWS
from crawler.model.findings import SEVERITIES
from crawler.watch.words import counted, on_one_line, visible

_IN_WORDS = {
    "stylesheet": "style sheet",
    "external": "external link",
    "probe": "soft-404 probe",
}
"""What URLs were asked for, where the purpose's own word says too little."""


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
    message, shows, pages = on_one_line(finding.message).partition(SHOWS)
    status, kind = finding.detail.get("status"), finding.detail.get("kind")
    more = str(kind or "" if status is None else status)
    if not more or more in message or more.startswith("2"):  # 2xx: nothing is wrong with that
        return f"{message}{shows}{pages}"
    return f"{message.rstrip('.')} ({visible(more)}).{shows}{pages}"


def since_words(since: Since) -> str:
    """``since OUT@2 (2026-11-03), 4 checks in a row``, or ``first seen now (OUT@5, 2026-11-28)``."""
    if since.checks == 1:
        return f"first seen now ({visible(since.crawl)}, {since.at[:10]})"
    return f"since {visible(since.crawl)} ({since.at[:10]}), {counted(since.checks, 'check')} in a row"


def mend_words(mend: Mend) -> str:
    """``probably now at https://…: it has the content that was there (98%)``."""
    return f"probably now at {visible(mend.target)}: {on_one_line(mend.why)} ({mend.sure:.0%})"


def set_apart_words(result: Result) -> Iterator[str]:
    """Sentences about what is none of the findings: ``baseline.json lists 3 findings with 4 places: …``."""
    if known := result.known:
        file, places = visible(str(known.file)), counted(known.places, "place")
        yield f"The baseline {file} lists {counted(known.findings, 'finding')} with {places}: left out here."
        if known.stale:
            yield f"{counted(len(known.stale), 'line')} of it not found any more."
        if known.unseen:
            yield f"{counted(known.unseen, 'line')} of it not looked at by this check."
    if result.held_back:
        faults = counted(len(result.held_back), "fault")
        yield f"Held back: {faults} of other sites, not seen often enough."


def totals(result: Result) -> str:
    """``3 errors, 1 warning``; without those that there are none of."""
    counts = result.totals()
    found = [counted(counts[severity], severity) for severity in SEVERITIES if counts[severity]]
    return ", ".join(found) or "nothing found"


def asked_besides(result: Result) -> str:
    """``1 sitemap, 51 assets``: what was asked for beside pages; empty if nothing was."""
    besides = {purpose: sum(counts.values()) for purpose, counts in result.counts.items()}
    return ", ".join(
        counted(count, _IN_WORDS.get(purpose, purpose))
        for purpose, count in besides.items()
        if count and purpose != "page"
    )
