import codecs
import time

import pytest
import turbohtml
from hypothesis import given
from hypothesis import strategies as st

from crawler.rules.charset import decode
from crawler.rules.places import Lines


def test_lines_end_as_editors_see_it():
    lines = Lines("a\nbc\r\nd\re\r\r\n\n\rf")
    assert [lines.place(offset) for offset in (0, 1, 2, 3, 4, 5, 6, 7, 8)] == [
        (1, 1),
        (1, 2),
        (2, 1),
        (2, 2),
        (2, 3),
        (2, 4),
        (3, 1),
        (3, 2),
        (4, 1),
    ]
    assert lines.place(14) == (8, 1)
    assert lines.offset(8, 1) == 14


@pytest.mark.parametrize("text", ["a\vb", "a\fb", "a\x1cb", "a\x85b", "a\u2028b", "a\0b", "😀\ud800b"])
def test_nothing_else_ends_a_line(text):
    assert Lines(text).place(2) == (1, 3)


@pytest.mark.parametrize(
    ("text", "end"),
    [("", (1, 1)), ("a", (1, 2)), ("a\n", (2, 1)), ("\r", (2, 1)), ("\r\n", (2, 1)), ("\n\ra", (3, 2))],
)
def test_the_end_has_a_place(text, end):
    assert Lines(text).place(len(text)) == end
    assert Lines(text).offset(*end) == len(text)


def test_a_line_that_is_not_there_has_no_offset():
    with pytest.raises(IndexError):
        Lines("a\nb").offset(3, 1)


TEXTS = st.text(st.sampled_from("ab\n\r\f\v\0 \u2028é😀"))


@given(TEXTS)
def test_there_and_back(text):
    lines = Lines(text)
    places = [lines.place(offset) for offset in range(len(text) + 1)]
    assert [lines.offset(*place) for place in places] == list(range(len(text) + 1))
    assert places == sorted(places)
    for offset, (line, column) in enumerate(places):
        ended = text[: offset - (text[offset - 1 : offset + 1] == "\r\n")].replace("\r\n", "\n")
        assert line == 1 + ended.count("\n") + ended.count("\r")
        assert (column == 1) == (offset == 0 or (places[offset - 1][0] < line))


CHARSETS = ["utf-8", "windows-1252", "utf-16le", "utf-16be", "shift_jis", "gb18030", "iso-2022-jp", "koi8-r"]


@given(TEXTS, TEXTS, st.sampled_from(CHARSETS), st.booleans(), st.binary(max_size=3))
def test_a_tag_of_a_decoded_page_is_found_whatever_its_encoding(before, within, charset, marked, wrong):
    mark = {"utf-8": codecs.BOM_UTF8, "utf-16le": codecs.BOM_UTF16_LE, "utf-16be": codecs.BOM_UTF16_BE}.get(
        charset, b""
    )
    junk = wrong.replace(b"<", b"") if charset == "utf-8" else b""
    page = f"{before}<p>{within}<b\r\nid='1'>{within}</b><!--{within}--><i>"
    body = mark * marked + junk + page.encode(charset, "replace")
    text = decode(body, charset)
    lines = Lines(text)
    tree = turbohtml.parse(body, encoding=charset)
    for tag in ("p", "b", "i"):
        element = tree.find(tag)
        assert element is not None
        assert lines.tag_offset(element.source_line, element.source_col) == text.index(f"<{tag}")


def test_a_byte_order_mark_is_counted_in_a_string_alone():
    for page, text in (("\ufeff<b>", "\ufeff<b>"), (b"\xef\xbb\xbf<b>", "<b>")):
        element = turbohtml.parse(page, encoding="utf-8").find("b")
        assert Lines(text).tag_offset(element.source_line, element.source_col) == text.index("<b")


def test_an_element_without_a_tag_of_its_own_has_no_place():
    tree = turbohtml.parse("<table><tr><td>x</table>")
    assert tree.find("tbody").source_line is None
    assert tree.find("tr").source_line == 1


def test_many_lines_are_split_at_once():
    begun = time.process_time()
    assert Lines("\n\r" * 500_000).place(1_000_000) == (500_002, 1)
    assert time.process_time() - begun < 1
