"""The work on one page: from a Page to its Finished record and the links to follow.

The very same code whether it runs in a parse process, in a thread or in the event loop itself;
it starts nothing, and keeps nothing between two pages but that the extract function has failed before.
"""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from crawler.model.messages import Finished, Links, Page
from crawler.model.outcomes import Kind, Outcome, Purpose
from crawler.model.record import encode, of_page
from crawler.parse import extract
from crawler.parse.extract_page import ExtractPage
from crawler.parse.html import Document, parse_html
from crawler.parse.versions import hashes, version_of
from crawler.rules import content_coding
from crawler.rules.dedup import fingerprints
from crawler.rules.meta_robots import directives
from crawler.rules.near_duplicates import near_hash
from crawler.rules.urls import login

if TYPE_CHECKING:  # a thread, say, needs nothing of a process
    from crawler.parse.noted import Near
    from crawler.parse.page_facts import PageNotes
    from crawler.parse.parser_process import ParseJob

log = logging.getLogger("crawler.parse")


class Left(NamedTuple):
    """How many links are not followed, by reason."""

    out_of_scope: int
    too_deep: int
    nofollow: int
    too_long: int


class Parser:
    """Parses the pages of one crawl."""

    near: "Near | None" = None
    """With facts: where that may lie which is asked for beside the pages."""
    _notes_of: "Callable[[Page, bytes], PageNotes] | None" = None

    def __init__(self, job: "ParseJob", extract_function: Callable[[ExtractPage], Any] | None = None) -> None:
        """Raises ExtractError where ``job.extract`` is to be loaded and cannot."""
        self.job = job
        if extract_function is None and job.extract is not None:
            extract_function = extract.load(job.extract)
        self._extract = extract_function
        self._has_failed = False
        """The extract function has, on some page, and its traceback has been kept."""
        if job.notes_facts:
            from crawler.parse.noted import near
            from crawler.parse.page_facts import PageNotes

            self.near = near(job.scope, asks_external=job.asks_external)
            self._notes_of = partial(PageNotes, job=job, near=self.near)

    def parse(self, page: Page) -> Finished:
        """The page's record and links.

        Raises MemoryError only; whatever else fails becomes the record's error. A spooled body is read here
        (which blocks) and left where it is.
        """
        try:
            body = page.body if page.body_path is None else _spooled(page.body_path, page.size)
        except OSError as error:
            message = f"the file with its body could not be read: {extract.describe(error)}"
            return _failed(page, message, body_lost=True)
        try:
            if page.ticket.purpose is Purpose.PAGE:
                return self._parse(page, body)
            from crawler.parse.other_purposes import finish  # few URLs are no pages

            return finish(self, page, body)
        except MemoryError:
            raise
        except Exception as error:
            log.exception("%s: the parser failed", page.ticket.url)
            return _failed(page, f"the parser failed: {extract.describe(error)}")

    def _parse(self, page: Page, body: bytes) -> Finished:
        url = page.url
        refresh = next((value for name, value in page.headers if name == "refresh"), None)
        notes = None if self._notes_of is None else self._notes_of(page, body)
        document = parse_html(
            body,
            page.sniffed or page.content_type,
            url,
            keep_tree=self._extract is not None,
            refresh=refresh,
            told_apart=self.job.scope.normalised,
            look=None if notes is None else notes.look,
        )
        messages = content_coding.notes(page.headers)
        outcome, kind = Outcome.OK, None
        if page.truncated:
            outcome, kind = Outcome.TRUNCATED, Kind.TOO_LARGE
            messages.append(f"only the first {page.size} bytes of the body were kept")
        extracted, extract_error = self._run(page, body, document, messages)
        robots = directives(document.meta_robots, self.job.user_agent)
        followed, left = self.followed(
            page, document.links, document.nofollow_links, follow="nofollow" not in robots
        )
        if left.too_long:
            messages.append(f"{left.too_long} links are too long, or grow for ever: they are not followed")
        links, facts = self.pack(followed), b""
        if notes is not None:
            facts, asked = notes.finish(document, robots, followed)
            links += tuple(packed for urls, purpose in asked for packed in self.pack(urls, purpose))
        version = version_of(page, body, near_hash(document.text, is_one_line=document.is_one_line))
        record = of_page(
            page,
            outcome,
            kind,
            message="; ".join(messages) or None,
            charset=document.charset,
            title=document.title,
            canonical=document.canonical,
            meta_robots=sorted(robots),
            links=document.links,
            text_length=len(document.text),
            text=document.text if self.job.keep_text else msgspec.UNSET,
            extracted=extracted,
            **hashes(version),
        )
        return Finished(
            ticket=page.ticket,
            outcome=outcome,
            kind=kind,
            record=encode(record),
            links=links,
            facts=facts,
            extract_error=extract_error,
            login=(document.title or "") if document.asks_for_password else None,
            version=version,
            links_out_of_scope=left.out_of_scope,
            links_too_deep=left.too_deep,
            links_nofollow=left.nofollow,
            links_too_long=left.too_long,
        )

    def _run(
        self, page: Page, body: bytes, document: Document, messages: list[str]
    ) -> tuple[Any, str | None]:
        """What the extract function returns, and how it failed, which is added to ``messages`` too."""
        function = self._extract
        if function is None:
            return None, None
        given = ExtractPage(page.url, page.status, page.headers, body, document)
        extracted, error = extract.run(function, given)
        if error is None:
            return extracted, None
        extract_error = f"extract: {extract.describe(error)}"
        messages.append(extract_error)
        # Once with its traceback: those of all pages would be longer than the pages.
        if not self._has_failed:
            self._has_failed, extract_error = True, extract.trace_of(error, function)
        return extracted, extract_error

    def followed(
        self, page: Page, links: list[str], refused: frozenset[str] = frozenset(), *, follow: bool = True
    ) -> tuple[list[str], Left]:
        """The links to follow, and how many are not.

        Each link is counted once, under the first that holds: out of scope, too long, nofollow, too deep.
        ``refused`` are those that the page marks as nofollow; not to ``follow`` is what it says of all.
        """
        job = self.job
        in_scope, out_of_scope = job.scope.split(links)
        inside = job.scope.short_enough(in_scope, page.url)
        followed = inside
        if job.obey_robots:
            if not (follow and page.follow):
                followed = []
            elif refused:
                followed = [url for url in inside if url not in refused]
        nofollow = len(inside) - len(followed)
        most = job.scope.max_depth
        # They are sent all the same: a shorter way to this page may be found yet.
        too_deep = len(followed) if most is not None and page.ticket.depth >= most else 0
        return followed, Left(out_of_scope, too_deep, nofollow, len(in_scope) - len(inside))

    def pack(self, urls: list[str], purpose: Purpose = Purpose.PAGE) -> tuple[Links, ...]:
        """The URLs as they are handed on; nothing where there are none."""
        if not urls:
            return ()
        text = "\n".join(urls)
        if "@" in text:
            # With which login a page is asked for is not up to another page.
            urls = list(dict.fromkeys(login(url)[0] for url in urls))
            text = "\n".join(urls)
        return (Links(text.encode(), fingerprints(urls, self.job.hash_seed), purpose),)


def _spooled(path: str, size: int) -> bytes:
    """Raises OSError where the file is not there, or not whole."""
    body = Path(path).read_bytes()
    if len(body) < size:
        raise OSError(f"only {len(body)} of {size} bytes are left in {path}")
    return body


def _failed(page: Page, message: str, *, body_lost: bool = False) -> Finished:
    record = of_page(page, Outcome.ERROR, Kind.PARSE_CRASH, message=message)
    return Finished(page.ticket, Outcome.ERROR, Kind.PARSE_CRASH, encode(record), body_lost=body_lost)
