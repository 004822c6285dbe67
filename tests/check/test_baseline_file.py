"""The file of a baseline: what is in it, and what is refused."""

import json
import os
import re
from pathlib import Path

import pytest

from crawler.check.earlier.baseline_file import read, write
from crawler.check.finding import Entry
from crawler.model.errors import UsageError

ENTRIES = [
    Entry("broken-link", "/b", "/"),
    Entry("broken-external", "https://a.example/ü", "/z"),
    Entry("broken-link", "/a", "/y"),
    Entry("broken-link", "/a", "/x"),
    Entry("duplicate-title", 'say "hi"\n\\', "/x"),
]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert write(tmp_path / "known.json", ENTRIES) == 5
    assert read(tmp_path / "known.json") == sorted(ENTRIES)


def test_each_finding_has_a_line_of_its_own_in_an_order_that_stays(tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    write(one, ENTRIES)
    write(other, [*reversed(ENTRIES), ENTRIES[0]])
    assert one.read_bytes() == other.read_bytes()
    lines = one.read_text(encoding="utf-8").splitlines()
    assert lines[:3] == ["{", '"crawler_baseline": 1,', '"findings": [']
    assert lines[3] == '{"rule": "broken-external", "target": "https://a.example/ü", "page": "/z"},'
    assert len(lines) == 3 + len(ENTRIES) + 2
    assert len(json.loads(one.read_text(encoding="utf-8"))["findings"]) == 5


def test_one_that_knows_nothing_is_one(tmp_path: Path) -> None:
    assert write(tmp_path / "known.json", []) == 0
    assert read(tmp_path / "known.json") == []


def test_what_a_merge_left_twice_is_known_once(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    write(path, ENTRIES)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:4], *lines[3:]]), encoding="utf-8-sig")
    assert read(path) == sorted(ENTRIES)


def refused(path: Path, sentence: str) -> None:
    with pytest.raises(UsageError, match=f"^--baseline {re.escape(str(path))}: {sentence}") as raised:
        read(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "{",
            "it is not JSON .*line 1.*; put it right, or move it away and make it anew with --write",
        ),
        ("", "it is empty: make it with --write-baseline, or say none$"),
        (" \n", "it is empty: "),
        (
            '{"crawler_baseline": 1,\n<<<<<<< HEAD\n',
            r"a merge has left its marks in it \(<<<<<<<, line 2\); put it right",
        ),
        ("{\n=======\n", r"a merge has left its marks in it \(=======, line 2\)"),
        (
            '{"crawler_baseline": 1, "findings": [{"rule": "a", "target": "\\ud800", "page": "c"}]}',
            "its finding 1 has half a character",
        ),
        ("[]", "it is no baseline: it has no crawler_baseline"),
        ('{"findings": []}', "it is no baseline: it has no crawler_baseline"),
        (
            '{"crawler_baseline": 2, "findings": []}',
            "it is of version 2, and this version of crawler reads 1",
        ),
        ('{"crawler_baseline": "1", "findings": []}', 'it is of version "1"'),
        ('{"crawler_baseline": true, "findings": []}', "it is of version true"),
        ('{"crawler_baseline": 1}', "its findings are no list"),
        ('{"crawler_baseline": 1, "findings": {}}', "its findings are no list"),
        ('{"crawler_baseline": 1, "findings": [], "more": 1}', 'it has "more"'),
        ('{"crawler_baseline": 1, "findings": [], "findings": []}', 'it has "findings" twice'),
        (
            '{"crawler_baseline": 1, "findings": ["x"]}',
            "its finding 1 is not what is allowed there: rule, target",
        ),
        (
            '{"crawler_baseline": 1, "findings": [{"rule": "a", "target": "b", "page": "c"}, {"rule": "a"}]}',
            "its finding 2 is not",
        ),
        (
            '{"crawler_baseline": 1, "findings": [{"rule": "a", "target": "b", "page": 7}]}',
            "its finding 1 is not",
        ),
        (
            '{"crawler_baseline": 1, "findings": [{"rule": "a", "target": "b", "page": "c", "line": 1}]}',
            "its finding 1 is not",
        ),
        ("[" * 100_000, "it is no baseline: lists or objects in it are too deep; put it right"),
    ],
)
def test_what_is_no_baseline_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "known.json").write_text(text)
    refused(tmp_path / "known.json", sentence)


@pytest.mark.parametrize("text", ["", "\n"])
def test_one_that_is_to_be_written_may_be_missing_or_empty(tmp_path: Path, text: str) -> None:
    path = tmp_path / "known.json"
    assert read(path, may_be_missing=True) == []
    path.write_text(text)
    assert read(path, may_be_missing=True) == []


def test_one_that_is_written_anew_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    write(path, [])
    path.chmod(0o664)
    write(path, ENTRIES)
    assert path.stat().st_mode & 0o777 == 0o664


def test_a_pipe_is_refused_since_it_may_have_no_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "it is no regular file$")


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    refused(
        tmp_path / "gone.json",
        "there is no such file: make it with --write-baseline, or say none"
        r" \(--set check.baseline=none where a crawl is gone on with\)$",
    )
    refused(tmp_path, "it cannot be read: Is a directory")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    refused(tmp_path / "bytes", "it is not UTF-8")
