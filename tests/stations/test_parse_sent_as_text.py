"""HTML that a server calls plain text is noted for a check; text that only looks a little like it is not."""

import pytest
from msgspec.structs import replace

from crawler.model import facts
from crawler.model.facts import Mark, Odd
from crawler.parse.parser_process import ParseJob
from crawler.parse.work import Parser
from crawler.rules.scope import Scope
from tests.stations.pages import html_page

URL = "http://site.test/page"
PAGE = b"<!DOCTYPE html><title>T</title><p>A page"


def marks(body: bytes, content_type: str) -> list[Mark]:
    """What is noted as odd; these pages have no links."""
    scope = Scope(frozenset(["http://site.test"]))
    job = ParseJob(scope=scope, hash_seed=5, notes_facts=True)
    finished = Parser(job).parse(replace(html_page(1, URL, body), content_type=content_type))
    return facts.decode(finished.facts).marks


@pytest.mark.parametrize(
    "body",
    [PAGE, b"\n  <html lang=en><p>A page", b"<!-- a comment -->\n<HTML>\n", b"\xef\xbb\xbf" + PAGE],
)
@pytest.mark.parametrize("content_type", ["text/plain", "Text/Plain; charset=utf-8"])
def test_html_that_is_called_text(body: bytes, content_type: str):
    assert marks(body, content_type) == [Mark(Odd.SENT_AS_TEXT, 0, 0)]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (PAGE, "text/html; charset=utf-8"),
        (b"In HTML, <!DOCTYPE html> comes first, then <html>.", "text/plain"),
        (b"<p align=center>\n# The name of a project\n", "text/plain"),
        (b"<!-- a comment -->\n# A text in Markdown\n", "text/plain"),
        (b"# Notes\n", "text/plain"),
        (b"", "text/plain"),
        (PAGE, "text/markdown"),
    ],
)
def test_what_is_no_html_that_is_called_text(body: bytes, content_type: str):
    assert [mark for mark in marks(body, content_type) if mark.what is Odd.SENT_AS_TEXT] == []
