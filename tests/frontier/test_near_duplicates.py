"""How pages that say the same are counted, from ``crawl.db``."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from xxhash import xxh3_128_digest

from crawler.frontier.near_duplicates import count_near_duplicates
from crawler.frontier.schema import TABLES
from crawler.model.outcomes import Purpose, State
from crawler.rules.near_duplicates import group_key

NOTHING = {"groups": 0, "pages": 0, "largest": []}


def counted(pages: list[tuple[int, bytes | None]], **columns: Any) -> dict[str, Any]:
    """Of pages with these hashes, whose URLs are their numbers; ``columns`` are the last one's."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(TABLES)
        last = {"state": State.OK, "purpose": Purpose.PAGE, **columns}
        for number, (near, content) in enumerate(pages, 1):
            state, purpose = (last["state"], last["purpose"]) if number == len(pages) else (State.OK, 0)
            db.execute(
                "INSERT INTO urls (id, url, lane, depth, state, purpose) VALUES (?, ?, 1, 0, ?, ?)",
                (number, str(number), state, purpose),
            )
            insert = "INSERT INTO pages (id, fetched_at, content_hash, near_hash, unchanged)"
            db.execute(f"{insert} VALUES (?, 0, ?, ?, 0)", (number, content, near))
        return count_near_duplicates(db)


def test_pages_with_the_same_text_or_content() -> None:
    pages = [
        (11, b"a"),
        (2, b"b"),
        (-9, b"c"),
        (11, b"d"),
        (2, b"e"),
        (11, b"f"),
        (2, b"b"),
        (11, b"g"),
        (0, None),
    ]
    assert counted(pages) == {
        "groups": 2,
        "pages": 6,
        "largest": [{"pages": 4, "urls": ["1", "4", "6"]}, {"pages": 2, "urls": ["2", "7"]}],
    }


def test_the_ten_largest_are_named() -> None:
    pages = [(2 * group + 1, b"") for group in range(12) for _ in range(2 + (group == 11))]
    found = counted(pages)
    assert (found["groups"], found["pages"], len(found["largest"])) == (12, 25, 10)
    assert found["largest"][0] == {"pages": 3, "urls": ["23", "24", "25"]}
    assert found["largest"][1] == {"pages": 2, "urls": ["1", "2"]}


@pytest.mark.parametrize(
    ("hashes", "columns"),
    [
        ((11, b"a"), {"state": State.SKIPPED}),
        ((11, b"a"), {"state": State.ERROR}),
        ((11, b"a"), {"state": State.PENDING}),
        ((11, b"a"), {"purpose": Purpose.SITEMAP}),
        ((2, b"a"), {}),
        ((0, None), {}),
        ((0, xxh3_128_digest(b"")), {}),
    ],
)
def test_what_counts_for_nothing(hashes: tuple[int, bytes | None], columns: dict[str, Any]) -> None:
    other = hashes if not columns and hashes[1] != b"a" else (hashes[0], b"b")
    assert counted([other, hashes], **columns) == NOTHING
    assert counted([]) == NOTHING


@pytest.mark.parametrize("hashes", [(11, b"a"), (-11, b"a"), (2, b"a"), (-2, b"a"), (0, b"a")])
def test_the_query_groups_as_the_rule_does(hashes: tuple[int, bytes]) -> None:
    near, content = hashes
    for other in ((near, b"b"), (4, content), (near, content)):
        is_same = group_key(*hashes) == group_key(*other)
        assert counted([hashes, other])["groups"] == is_same
