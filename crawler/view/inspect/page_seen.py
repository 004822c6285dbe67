"""What the parser makes of one page, with the verdict on each of its links and what its function returned."""

import msgspec
from msgspec.structs import replace

from crawler.model.messages import Finished, Page
from crawler.model.outcomes import Purpose
from crawler.model.record import Record, decode
from crawler.model.sources import LINKS, SOURCES, Source
from crawler.parse.element_places import Places
from crawler.parse.html import Markup, parse_html
from crawler.parse.noted import Row, note
from crawler.parse.parser_process import ParseJob
from crawler.parse.references import find_references, find_refresh
from crawler.parse.work import Parser
from crawler.rules.charset import why
from crawler.rules.content_coding import codings
from crawler.rules.meta_robots import directives
from crawler.rules.scope_why import outside
from crawler.view.inspect.inspection import ExtractSeen, LinkSeen, PageSeen


def page_seen(page: Page, finished: Finished, job: ParseJob) -> PageSeen:
    """What is to be seen of ``page``, which the crawl's parser has made ``finished`` of, for ``job``.

    Nobody's extract function is called here: what it made of the page stands in its record.
    """
    record = decode(finished.record)
    seen = PageSeen(
        url=page.url,
        status=page.status,
        content_type=page.content_type,
        sniffed=page.sniffed,
        content_encoding=codings(value for name, value in page.headers if name == "content-encoding"),
        bytes=page.size,
        truncated=page.truncated,
        charset=record.charset,
        title=record.title,
        canonical=record.canonical,
        meta_robots=record.meta_robots,
        x_robots_tag=[value for name, value in page.headers if name == "x-robots-tag"],
        text_length=record.text_length,
    )
    if record.charset is not None:
        seen.charset_by = why(page.body, page.sniffed or page.content_type, record.charset)
    if job.extract is not None:
        returned = None if record.extracted is None else msgspec.Raw(msgspec.json.encode(record.extracted))
        seen.extract = ExtractSeen(job.extract, returned, finished.extract_error)
    _Links(page, job).tell(seen, record)
    return seen


class _Links:
    """The references of a page, looked for once more: the crawl's parser keeps no places of them."""

    def __init__(self, page: Page, job: ParseJob) -> None:
        self._page, self._job = page, job
        self._parser = Parser(replace(job, extract=None))
        self._refresh = next((value for name, value in page.headers if name == "refresh"), None)
        self._rows: list[Row] = find_refresh(self._refresh)
        self._base, self._charset = page.url, "UTF-8"
        self._refused: frozenset[str] = frozenset()
        self._follows = True
        self._verdicts: dict[str, tuple[str, str | None]] = {}

    def _look(self, markup: Markup) -> None:
        found = find_references(markup, Places(markup), self._refresh, obey_robots=self._job.obey_robots)
        self._rows, self._base, self._charset = found.rows, markup.base, markup.charset

    def tell(self, seen: PageSeen, record: Record) -> None:
        """Put them to ``seen``."""
        page = self._page
        if page.ticket.purpose is Purpose.PAGE:
            document = parse_html(
                page.body,
                page.sniffed or page.content_type,
                page.url,
                refresh=self._refresh,
                told_apart=self._job.scope.normalised,
                look=self._look,
            )
            self._refused = document.nofollow_links
            self._follows = "nofollow" not in directives(document.meta_robots, self._job.user_agent)
        seen.base = None if self._base == page.url else self._base
        seen.links = [self._seen(row) for row in self._rows]
        placed = {link.url for link in seen.links}
        # Of a sitemap, say, nothing is known but where it leads.
        seen.links += [
            LinkSeen(url, url, *self._verdict_of(url)) for url in record.links if url not in placed
        ]

    def _seen(self, row: Row) -> LinkSeen:
        (line, column), source, href, text, _ = row
        noted = note([row], self._base, self._charset, self._job.scope.normalised)
        url = noted.targets[0] if noted.targets else None
        if url is None:
            verdict: tuple[str, str | None] = ("malformed" if noted.marks else "not http"), None
        elif source in LINKS:
            verdict = self._verdict_of(url)
        else:
            verdict = self._beside(url, source)
        return LinkSeen(
            url, href, *verdict, SOURCES[source].label, text, line or None, column or None
        )  # fmt: skip

    def _verdict_of(self, url: str) -> tuple[str, str | None]:
        """What the crawl's parser says of one link to a page, and why."""
        if url not in self._verdicts:
            self._verdicts[url] = self._judged(url)
        return self._verdicts[url]

    def _judged(self, url: str) -> tuple[str, str | None]:
        job, page = self._job, self._page
        _, left = self._parser.followed(page, [url], self._refused, follow=self._follows)
        if left.out_of_scope or left.too_long:
            outside_of = outside(job.scope, url)
            words = None if outside_of is None else outside_of.words
            return ("too long" if left.too_long else "out of scope"), words
        if left.nofollow:
            if not page.follow:
                return "nofollow", "X-Robots-Tag says so of the whole page"
            own = "by its rel attribute, wherever the page links it"
            return "nofollow", own if self._follows else "meta robots says so of the whole page"
        if left.too_deep:
            return "too deep", f"the page is at depth {page.ticket.depth} of {job.scope.max_depth}"
        return "follow", None

    def _beside(self, url: str, source: Source) -> tuple[str, str | None]:
        """Of what is no link to a page."""
        if self._job.scope.for_assets().allows(url):
            return "asset", "only crawler check asks for it"
        words = "only crawler check --external asks for it"
        return "external", words if source is not Source.FORM else "a form is not sent"
