"""The work on what is read and is no page: sitemaps and, for a check, style sheets and probes."""

from typing import TYPE_CHECKING

from crawler.model.facts import Mark, Odd, PageFacts
from crawler.model.facts import encode as encode_facts
from crawler.model.messages import Finished, Links, Page
from crawler.model.outcomes import MEANING, Kind, Outcome, Purpose
from crawler.model.record import encode, of_page
from crawler.model.sources import Source
from crawler.parse.versions import hashes, version_of
from crawler.rules import content_coding

if TYPE_CHECKING:
    from crawler.parse.noted import Row
    from crawler.parse.work import Parser

MAX_INDEXES = 3
"""Sitemap indexes within each other, of which sitemaps.org allows one."""


def finish(parser: "Parser", page: Page, body: bytes) -> Finished:
    """The record of what was asked for as no page, and where it leads to."""
    match page.ticket.purpose:
        case Purpose.SITEMAP:
            return _sitemap(parser, page, body)
        case Purpose.STYLESHEET | Purpose.ASSET:  # of these only style sheets are read
            return _stylesheet(parser, page, body)
        case _:
            return _probe(page, body)


def _sitemap(parser: "Parser", page: Page, body: bytes) -> Finished:
    """What a sitemap names is followed like a page's links; further sitemaps, a few levels deep."""
    from crawler.parse.sitemap import read_sitemap  # many crawls read none

    job, ticket = parser.job, page.ticket
    found = read_sitemap(body, page.content_type, page.url, job.sitemap_bytes, with_places=job.notes_facts)
    kind, messages = found.kind, [found.message] if found.message else []
    if page.truncated:
        kind = Kind.TOO_LARGE
        messages = [f"only the first {page.size} bytes of the sitemap were kept"]
    messages += content_coding.notes(page.headers)
    pages, maps = (job.scope.normalised(list(urls)) for urls in (found.pages, found.sitemaps))
    followed, left = parser.followed(page, pages)
    sitemaps, elsewhere = (job.sitemap_scope or job.scope).split(maps)
    too_deep, nofollow = left.too_deep, left.nofollow
    if ticket.indexes >= MAX_INDEXES - 1 and sitemaps:
        messages.append(f"an index within {MAX_INDEXES - 1} others is not followed")
        sitemaps, too_deep = [], too_deep + len(sitemaps)
    if job.obey_robots and not page.follow:
        sitemaps, nofollow = [], nofollow + len(sitemaps)
    outcome = Outcome.OK if kind is None else MEANING[kind].outcome
    version = version_of(page, body)
    record = of_page(
        page,
        outcome,
        kind,
        message="; ".join(messages) or None,
        charset=found.charset,
        links=[*pages, *maps],
        **hashes(version),
    )
    links, facts = (*parser.pack(followed), *parser.pack(sitemaps, Purpose.SITEMAP)), b""
    if parser.near is not None:
        from crawler.parse.noted import asked, note

        rows: list[Row] = [(place, Source.SITEMAP, url, "", True) for url, place in found.places.items()]
        noted = note(rows, page.url, "UTF-8", job.scope.normalised)
        facts = encode_facts(PageFacts.of(noted.targets, noted.references, marks=noted.marks))
        for urls, purpose in asked(noted, parser.near, page.url, followed):
            links += parser.pack(urls, purpose)
    return Finished(
        ticket=ticket,
        outcome=outcome,
        kind=kind,
        record=encode(record),
        links=links,
        facts=facts,
        version=version,
        links_out_of_scope=left.out_of_scope + elsewhere,
        links_too_deep=too_deep,
        links_nofollow=nofollow,
        links_too_long=left.too_long,
    )


def _stylesheet(parser: "Parser", page: Page, body: bytes) -> Finished:
    """What a style sheet loads is noted, and asked for."""
    from crawler.parse.noted import asked, mixed_content, near, note
    from crawler.parse.page_css import find_in_sheet

    charset, rows = find_in_sheet(body, page.content_type)
    noted = note(rows, page.url, charset, parser.job.scope.normalised)
    links = [
        packed
        for urls, purpose in asked(noted, parser.near or near(parser.job.scope), page.url, [])
        for packed in parser.pack(urls, purpose)
    ]
    marks = [*noted.marks, *mixed_content(page.url, noted)]
    facts = PageFacts.of(noted.targets, noted.references, marks=marks)
    return _finished(page, facts, tuple(links), charset=charset)


def _probe(page: Page, body: bytes) -> Finished:
    """What a server says to a URL that cannot exist, to know it again where it says so of a page."""
    from crawler.parse.html import parse_html
    from crawler.parse.page_facts import text_hash
    from crawler.rules.content_type import essence, is_html

    media_type = page.sniffed or page.content_type
    document = parse_html(body, media_type, page.url)
    marks = [] if page.certificate_ends is None else [Mark(Odd.CERTIFICATE, 0, 0, str(page.certificate_ends))]
    facts = PageFacts(
        marks=marks,
        is_html=is_html(essence(media_type or "")),
        text_length=len(document.text),
        text_hash=text_hash(document.text),
    )
    return _finished(page, facts, charset=document.charset, title=document.title)


def _finished(page: Page, facts: PageFacts, links: tuple[Links, ...] = (), **found: str | None) -> Finished:
    outcome, kind = (Outcome.TRUNCATED, Kind.TOO_LARGE) if page.truncated else (Outcome.OK, None)
    record = of_page(page, outcome, kind, **found)
    return Finished(page.ticket, outcome, kind, encode(record), links, encode_facts(facts))
