import time
from pathlib import Path

import pytest
import turbohtml
from hypothesis import given
from hypothesis import strategies as st

from crawler.rules.attributes import end_of_tag, offset_of, offsets_in_value
from crawler.rules.places import Lines

TAGS = [
    ("<a href=x>", 3, 8),
    ("<a href='x'>", 3, 9),
    ('<a href="x">', 3, 9),
    ("<a HREF = x>", 3, 10),
    ("<A\thReF\n=\f'x'>", 3, 11),
    ("<a\r\nhref=x>", 4, 9),
    ("<a/href=x>", 3, 8),
    ("<a//\n/ href=x>", 7, 12),
    ("<a href=/x>", 3, 8),
    ("<a href>", 3, 3),
    ("<a href/>", 3, 3),
    ("<a href/=x>", 3, 3),
    ("<a href=>", 3, 8),
    ("<a href=''>", 3, 9),
    ("<a b href=x>", 5, 10),
    ("<a b='>' href=x>", 9, 14),
    ("<a b='>'href=x>", 8, 13),
    ("<a b=\"' href=y '\" href=x>", 18, 23),
    ("<a b=' href=y' href=x>", 15, 20),
    ("<a b=c' href=x d=''>", 8, 13),
    ("<a b= href=y href=x>", 13, 18),
    ("<a b=c/href=y href=x>", 14, 19),
    ("<a =href=y href=x>", 11, 16),
    ("<a = href=x>", 5, 10),
    ("<a ==href href=x>", 10, 15),
    ('<a "href=y href=x>', 11, 16),
    ("<a <href=y href=x>", 11, 16),
    ("<a xhref=y hrefx=y href-lang=y data-href=y href=x>", 43, 48),
    ("<a href=x href=y>", 3, 8),
    ("<a href=x HREF=y>", 3, 8),
    ("<a b=é😀 href=x>", 8, 13),
]


@pytest.mark.parametrize(("tag", "offset", "in_value"), TAGS)
def test_an_attribute_and_its_value_are_found(tag, offset, in_value):
    for before in ("", "<a href=no>", "> href=no \n"):
        source = f"{before}{tag}</a> <b href=no>"
        assert offset_of(source, len(before), "href") == len(before) + offset
        assert offsets_in_value(source, len(before), "href", [0]) == [len(before) + in_value]
        assert end_of_tag(source, len(before)) == len(before + tag)


@pytest.mark.parametrize(
    "tag",
    [
        "<a>",
        "<ahref>",
        "<a/>",
        "<a b>",
        "<a b=href>",
        "<a b='href=x'>",
        "<a b=>",
        "<a hre f>",
        "<a \u212a=x>",
        "<a b=' href='>",
    ],
)
def test_an_attribute_that_is_not_there_is_none(tag):
    for name in ("href", "k"):
        assert offset_of(f"{tag} href k <b href k>", 0, name) is None
        assert offsets_in_value(f"{tag} href=x k=x <b href k>", 0, name, [0]) is None
        assert offsets_in_value(f"{tag} href k <b href k>", 0, name, [0]) is None


@pytest.mark.parametrize("tag", ["<a b='>", "<a", "<a href", "<a b"])
def test_a_tag_that_the_page_ends_in_has_no_end(tag):
    assert end_of_tag(tag, 0) is None
    assert offset_of(tag, 0, "href") is None


def test_names_with_signs():
    assert offset_of("<a xlink:href=x>", 0, "xlink:href") == 3
    assert offset_of("<a xlink-href=x>", 0, "xlink:href") is None
    assert offset_of("<a axb=x a.b=x>", 0, "a.b") == 9


@pytest.mark.parametrize(
    "written",
    [
        "plain",
        "&amp;b",
        "a&amp;b",
        "a&ampb;c",
        "a&amp=b",
        "a&amp;=b",
        "a&amp",
        "a&amp-b",
        "a&b",
        "&&amp;&",
        "a&notit;b",
        "a&notin;b",
        "a&not;in",
        "a&NotEqualTilde;b",
        "&NotEqualTilde;&NotEqualTilde;",
        "a&#65;b",
        "a&#65b",
        "a&#x41;b",
        "a&#X41 b",
        "a&#0;b&#x110000;c&#1;d&#128;e&#xd800;f",
        "a&#;b&#x;c",
        "a&nosuch;b",
        "a\r\nb\rc\nd",
        "a\0b",
        "é&eacute;é😀&#x1F600;😀",
        "&amp;&amp;&amp;x",
        "&amp&amp&amp;",
        "&frac12;&sup1x&there4;",
    ],
)
def test_characters_of_a_value_are_found_behind_character_references(written):
    source = f"<p>\r\n<a b='&amp;' href='{written}'>"
    element = turbohtml.parse(source).find("a")
    assert element is not None
    value = element.attr("href")
    found = offsets_in_value(source, 5, "href", range(len(value) + 1))
    start, end = source.index(written), source.index(written) + len(written)
    assert found is not None
    assert found[-1] == end
    for character, index in zip(value, found, strict=False):
        assert start <= index < end
        assert source[index] == character or source[index] in "&\r\0"
    assert len({index for index in found if source[index] != "&"}) == sum(
        source[index] != "&" for index in found
    )


WRITTEN = {
    "&amp;": ("&", [0]),
    "&amp-": ("&-", [0, 4]),
    "&#65;": ("A", [0]),
    "&#x41 ": ("A ", [0, 5]),
    "&NotEqualTilde;": ("\u2242\u0338", [0, 0]),
    "\r\n": ("\n", [0]),
    **{
        same: (same, [*range(len(same))])
        for same in ("a", "é😀", "&ampx ", "&amp=", "&nosuch;", "& ", "&#;", "\n")
    },
}
"""What some characters mean in a value, and where each of what they mean begins."""


@given(st.lists(st.sampled_from(sorted(WRITTEN)), max_size=12), st.sampled_from(["'", '"']))
def test_every_character_of_a_value_has_its_offset(pieces, quote):
    source, value, expected = f"<a href={quote}", "", []
    for piece in pieces:
        meant, places = WRITTEN[piece]
        value += meant
        expected += [len(source) + place for place in places]
        source += piece
    expected.append(len(source))
    source += f"{quote}>"
    assert turbohtml.parse(source).find("a").attr("href") == value
    assert offsets_in_value(source, 0, "href", range(len(value) + 1)) == expected
    for index, offset in enumerate(expected):
        assert offsets_in_value(source, 0, "href", [index]) == [offset]


PIECES = [
    "href",
    "HREF",
    "b",
    "=",
    "=",
    "'",
    '"',
    " ",
    "\n",
    "\r\n",
    "\f",
    "/",
    "x",
    "<",
    "&amp;",
    "é",
    "\t",
    "href=",
    " href='",
]


@given(
    st.lists(st.sampled_from(PIECES), max_size=20).map("".join),
    st.sampled_from(["a", "p", "svg", "img", "x-y"]),
)
def test_any_tag_is_read_as_the_parser_reads_it(inside, name):
    source = f"<!DOCTYPE html><title>é</title>\r\n<{name} {inside}>'>\">"
    element = turbohtml.parse(source, source_locations=True).find(name)
    if element is None:  # a quote is open at the end
        assert end_of_tag(source, source.index(f"<{name}")) is None
        return
    lines = Lines(source)
    tag = lines.tag_offset(element.source_line, element.source_col)
    location = element.source_location
    assert end_of_tag(source, tag) == lines.tag_offset(
        location.start_tag.end_line, location.start_tag.end_col
    )
    for attribute in {*location.attrs, "href", "b"}:
        span = location.attrs.get(attribute)
        expected = None if span is None else lines.tag_offset(span.start_line, span.start_col)
        assert offset_of(source, tag, attribute) == expected
        value = element.attr(attribute) or ""
        begin = offsets_in_value(source, tag, attribute, [0])
        assert begin is None or source[begin[0] :].startswith(value[:1].strip("&\n"))


@pytest.mark.parametrize("site", ["python3-doc", "postgresql-doc-15"])
def test_real_pages_are_read_as_the_parser_reads_them(site):
    pages = sorted(Path(f"/usr/share/doc/{site}/html").glob("*.html"))[:6]
    if not pages:
        pytest.skip(f"{site} is not installed")
    for page in pages:
        source = page.read_bytes().decode()
        lines = Lines(source)
        for element in turbohtml.parse(source, source_locations=True).find_all():
            for name, span in element.source_location.attrs.items() if element.source_location else ():
                tag = lines.tag_offset(element.source_line, element.source_col)
                assert offset_of(source, tag, name) == lines.tag_offset(span.start_line, span.start_col)


@pytest.mark.parametrize(
    "unit",
    ["=", "'", '"', "a ", "a=", "='", "/", " ", "href", "a='' ", 'a="\'" ', "a=b' ", "&amp", "&", "&a", "\r"],
)
def test_a_hostile_tag_takes_no_longer_than_it_is(unit):
    begun = time.process_time()
    junk = unit * (200_000 // len(unit))
    for source in (
        f"<a {junk}",
        f"<a b='{junk}' href=x>",
        f"<a href={junk}>",
        f"<a{junk}>",
        f"<a href='{junk}'>",
    ):
        offset_of(source, 0, "href")
        end_of_tag(source, 0)
        offsets_in_value(source, 0, "href", range(0, len(source), 100))
    assert time.process_time() - begun < 3
