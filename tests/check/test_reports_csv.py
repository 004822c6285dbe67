import csv
from io import StringIO

import pytest

from crawler.check.finding import Place
from crawler.check.reports.csv import COLUMNS, write
from crawler.check.verdict import verdict
from tests.check.results import SITE, Made, usual


def written(result):
    stream = StringIO(newline="")
    write(result, verdict(result), stream)
    return stream.getvalue()


def rows(result):
    return list(csv.DictReader(StringIO(written(result), newline="")))


def test_there_is_a_row_for_each_place():
    made = usual()
    found = rows(made)
    assert len(found) == sum(max(1, finding.places_count) for finding in made.findings)
    assert found[301] == {
        "finding": "2",
        "severity": "error",
        "rule": "broken-link",
        "target": f"{SITE}/whatsnew/changelog.html",
        "message": "The server answered 404 Not Found.",
        "page": f"{SITE}/whatsnew/3.12.html",
        "line": "131",
        "column": "7",
        "element": "a href",
        "text": "bpo-46503",
        "places_count": "5",
        "pages_count": "3",
        "since": "crawls/docs@3",
        "mend": f"{SITE}/whatsnew/changes.html",
    }
    assert (found[0]["since"], found[0]["mend"]) == ("", "")


def test_a_finding_without_a_place_gets_a_row_too():
    (row,) = rows(Made().add("certificate", "warning", SITE))
    assert (row["target"], row["page"], row["line"], row["places_count"]) == (SITE, "", "", "0")


def test_lines_end_and_cells_are_quoted_as_rfc_4180_has_it():
    place = Place(f"{SITE}/a,b", 1, 2, "a href", 'say "hi"\nthere')
    text = written(Made().add("broken-link", "error", SITE, [place], "No."))
    head, row = text.split("\r\n", 1)
    assert head == ",".join(COLUMNS)
    assert row == f'1,error,broken-link,{SITE},No.,"{SITE}/a,b",1,2,a href,"say ""hi""\nthere",1,1,,\r\n'


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_is_a_formula(start: str):
    words = f"{start}cmd|' /C calc'!A0"
    place = Place(words, 1, 2, words, words)
    (row,) = rows(Made().add("broken-link", "error", words, [place], words))
    assert {row[key] for key in ("target", "message", "page", "element", "text")} == {f"'{words}"}


def test_what_only_holds_such_a_sign_stays_as_it_is():
    (row,) = rows(Made().add("broken-link", "error", "a=b", [Place("x-y", 1, 2, "a", "1 + 1")], "'=no"))
    assert (row["target"], row["page"], row["text"], row["message"]) == ("a=b", "x-y", "1 + 1", "'=no")


def test_control_and_bidi_characters_are_seen():
    words = "a\x1b[31m\x07\u202egnp.exe\u200b\x9b"
    place = Place(words, 1, 2, "a", words)
    (row,) = rows(Made().add("broken-link", "error", words, [place], words))
    shown = "a\\x1b[31m\\x07\\u202egnp.exe\\u200b\\x9b"
    assert {row[key] for key in ("target", "message", "page", "text")} == {shown}
