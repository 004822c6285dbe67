"""All that a check wants to know of a page, gathered while it is parsed."""

from collections import Counter
from typing import TYPE_CHECKING

from xxhash import xxh3_64_intdigest

from crawler.model.facts import Mark, PageFacts, encode
from crawler.model.messages import Page
from crawler.model.outcomes import Purpose
from crawler.parse.element_places import NOWHERE, Places
from crawler.parse.html import Document, Markup, title_of
from crawler.parse.links import resolve_in
from crawler.parse.noted import Near, Row, asked, mixed_content, note
from crawler.parse.page_css import find_in_sheet
from crawler.parse.page_marks import (
    MAX_MARKS,
    find_anchors,
    images_without_alt,
    login_forms,
    sent_as_text,
    upgrades_insecure,
    wrong_charset,
)
from crawler.parse.references import References, find_references, find_refresh
from crawler.rules.content_type import essence
from crawler.rules.meta_robots import directives

if TYPE_CHECKING:
    from crawler.parse.parser_process import ParseJob

_WITHOUT_CONTENT = frozenset({204, 205})
"""Statuses that say that there is no page, whatever the type that is sent along (RFC 9110 § 15.3.5)."""
_RUN = ("javascript", "ecmascript", "jscript", "livescript")
"""What the type of a script that is run has in its name, if it has one."""


class PageNotes:
    """What is noted of one page. It is shown the markup, if there is some, and then asked for its facts."""

    def __init__(self, page: Page, body: bytes, job: "ParseJob", near: Near) -> None:
        self._page, self._body, self._job, self._near = page, body, job, near
        self._found = References([], [])
        self._anchors: list[str] = []
        self._base, self._charset = page.url, "UTF-8"
        self._lang: str | None = None
        self._title = NOWHERE
        self._scripts = 0
        self._is_html = self._upgrades = False

    def look(self, markup: Markup) -> None:
        """Gather what is in the markup."""
        page, tree, places = self._page, markup.tree, Places(markup)
        self._base, self._charset = markup.base, markup.charset
        refresh = self._header("refresh")
        self._found = find_references(markup, places, refresh, obey_robots=self._job.obey_robots)
        self._anchors, doubled = find_anchors(markup, places)
        self._upgrades = upgrades_insecure(tree)
        marks = self._found.marks
        marks += doubled
        marks += images_without_alt(markup, places)
        marks += login_forms(
            markup, places, page.url, lambda href: resolve_in(href, markup.base, markup.charset)
        )
        root, title = tree.root, title_of(tree)
        if root is None or root.tag != "svg":
            self._is_html = page.status not in _WITHOUT_CONTENT
            marks += wrong_charset(
                markup, places, self._body, page.sniffed or page.content_type, truncated=page.truncated
            )
        if root is not None:
            lang = root.attr("lang")
            self._lang = root.attr("xml:lang") if lang is None else lang
        if title is not None:
            self._title = places.of_tag(title)
        types = [(script.attr("type") or "").strip().lower() for script in tree.find_all("script")]
        self._scripts = sum(
            1 for kind in types if kind in ("", "module") or any(name in kind for name in _RUN)
        )

    def finish(
        self, document: Document, robots: frozenset[str], followed: list[str]
    ) -> tuple[bytes, list[tuple[list[str], Purpose]]]:
        """The facts, and what is to be asked for beside the pages that are ``followed``.

        ``robots`` are the directives of the page's ``<meta>`` elements.
        """
        page, job, rows = self._page, self._job, self._found.rows
        if document.charset is not None and not self._is_html:
            rows = rows or self._of_no_markup()
        follow = not job.obey_robots or (page.follow and "nofollow" not in robots)
        noted = note(rows, self._base, self._charset, job.scope.normalised, follow=follow)
        marks = [*self._found.marks, *noted.marks]
        marks += sent_as_text(self._body, page.sniffed or page.content_type)
        policies = [value.lower() for name, value in page.headers if name == "content-security-policy"]
        if not self._upgrades and not any("upgrade-insecure-requests" in policy for policy in policies):
            marks += mixed_content(page.url, noted)
        tags = [value for name, value in page.headers if name == "x-robots-tag"]
        facts = PageFacts.of(
            noted.targets,
            noted.references,
            anchors=self._anchors,
            marks=_a_few_of_each(marks),
            is_html=self._is_html,
            noindex="noindex" in robots or "noindex" in directives(tags, job.user_agent),
            lang=self._lang,
            title_line=self._title[0],
            title_column=self._title[1],
            scripts=self._scripts,
            text_length=len(document.text),
            text_hash=text_hash(document.text),
        )
        return encode(facts), asked(noted, self._near, page.url, followed)

    def _of_no_markup(self) -> list[Row]:
        """What a text leads to: by its header, and as a style sheet that somebody links to as a page, too."""
        rows, media_type = (
            find_refresh(self._header("refresh")),
            self._page.sniffed or self._page.content_type,
        )
        if essence(media_type or "") == "text/css":
            self._charset, found = find_in_sheet(self._body, media_type)
            rows += found
        return rows

    def _header(self, wanted: str) -> str | None:
        return next((value for name, value in self._page.headers if name == wanted), None)


def text_hash(text: str) -> int:
    """xxh3 of a text, as SQLite's integers are: 64 bits with a sign."""
    digest = xxh3_64_intdigest(text.encode("utf-8", "replace"))
    return digest - (1 << 64) if digest >> 63 else digest


def _a_few_of_each(marks: list[Mark]) -> list[Mark]:
    """In the order of their places, and not more of one kind than anybody reads."""
    marks.sort(key=lambda mark: (mark.line, mark.column))
    if len(marks) <= MAX_MARKS:
        return marks
    counts: Counter[str] = Counter()
    kept = []
    for mark in marks:
        counts[mark.what] += 1
        if counts[mark.what] <= MAX_MARKS:
            kept.append(mark)
    return kept
