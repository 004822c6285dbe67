"""What the next generation of a crawl is to know of a page: the version that a parser makes of it."""

import json
from typing import Any

import pytest
from xxhash import xxh3_128_digest

from crawler.model.messages import Page, Ticket
from crawler.model.outcomes import Purpose
from crawler.model.page_version import PageVersion
from crawler.parse.parser_process import ParseJob
from crawler.parse.work import Parser
from crawler.rules.near_duplicates import near_hash
from crawler.rules.scope import Scope

URL = "http://site.test/p"
BODY = b"<title>T</title><p>Read on 28 November 2026</p>"
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
SITEMAP = b"<urlset><url><loc>http://site.test/</loc></url></urlset>"


def page(body: bytes = BODY, ticket: dict[str, Any] | None = None, **changes: Any) -> Page:
    values: dict[str, Any] = {
        "ticket": Ticket(**{"id": 7, "url": URL, "lane": 1, "depth": 2} | (ticket or {})),
        "status": 200,
        "headers": (("etag", '"one"'), ("last-modified", DATE), ("etag", '"two"')),
        "pieces": (body,),
        "body_path": None,
        "size": len(body),
        "content_type": "text/html",
        "fetched_at": 5.0,
        "elapsed": 0.1,
        "accept_encoding": "gzip, br",
    }
    return Page(**values | changes)


def parsed(given: Page) -> tuple[PageVersion | None, dict[str, Any]]:
    finished = Parser(ParseJob(scope=Scope(frozenset(["http://site.test"])), hash_seed=5)).parse(given)
    return finished.version, json.loads(finished.record)


def test_the_version_of_a_page_and_what_its_record_says_of_it() -> None:
    version, record = parsed(page(ticket={"generation": 3}))
    text = "Read on 28 November 2026"
    digest = xxh3_128_digest(BODY)
    assert version == PageVersion(5.0, '"one"', DATE, "gzip, br", digest, near_hash(text), is_unchanged=False)
    assert (record["content_hash"], record["unchanged"], record["generation"]) == (digest.hex(), False, 3)
    assert int(record["near_hash"], 16) == version.near_hash % 2**64
    assert len(record["near_hash"]) == 16


@pytest.mark.parametrize("cut", [True, False])
def test_a_page_with_the_content_that_it_had_is_unchanged(*, cut: bool) -> None:
    first, _ = parsed(page())
    version, record = parsed(page(ticket={"earlier": first}, truncated=cut))
    assert version is not None
    assert (version.is_unchanged, record["unchanged"], version.etag) == (True, True, '"one"')
    version, record = parsed(page(BODY + b" ", ticket={"earlier": first}, truncated=cut))
    assert version is not None
    assert (version.is_unchanged, record["unchanged"]) == (False, False)


def test_an_earlier_version_whose_body_was_not_read_is_no_content_to_be_unchanged_from() -> None:
    version, record = parsed(page(b"", ticket={"earlier": PageVersion(1.0)}))
    assert version is not None
    assert (version.is_unchanged, record["unchanged"]) == (False, False)


def test_a_page_without_text_has_no_near_hash() -> None:
    version, record = parsed(page(b"<title>T</title>"))
    assert version is not None
    assert (version.near_hash, record["near_hash"]) == (0, None)


def test_validators_behind_a_redirect_belong_to_another_url() -> None:
    version, _ = parsed(page(final_url="http://site.test/elsewhere"))
    assert version is not None
    assert (version.etag, version.last_modified) == (None, None)
    assert version.content_hash == xxh3_128_digest(BODY)


@pytest.mark.parametrize("body", [SITEMAP, b"no sitemap at all"])
def test_a_sitemap_has_a_version_without_text(body: bytes) -> None:
    version, record = parsed(page(body, ticket={"purpose": Purpose.SITEMAP}, content_type="application/xml"))
    digest = xxh3_128_digest(body)
    assert version == PageVersion(5.0, '"one"', DATE, "gzip, br", digest)
    assert (record["content_hash"], record["near_hash"]) == (digest.hex(), None)


@pytest.mark.parametrize("purpose", [Purpose.STYLESHEET, Purpose.PROBE])
def test_what_no_record_is_made_of_has_no_version(purpose: Purpose) -> None:
    version, _ = parsed(page(ticket={"purpose": purpose}, content_type="text/css"))
    assert version is None


def test_a_page_that_could_not_be_read_has_no_version() -> None:
    version, record = parsed(page(body_path="/nowhere/at/all", pieces=()))
    assert (version, record["content_hash"]) == (None, None)


def test_text_without_markup_is_compared_without_its_white_space() -> None:
    one, _ = parsed(page(b"a  text\nof two  lines", content_type="text/plain"))
    other, _ = parsed(page(b"a text of\ttwo lines\n", content_type="text/plain"))
    assert one is not None
    assert other is not None
    assert one.near_hash == other.near_hash != 0
    assert one.content_hash != other.content_hash
