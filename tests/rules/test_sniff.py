import pytest

from crawler.rules.content_type import is_to_be_sniffed
from crawler.rules.sniff import as_header, sniff_type

HTML, XML, PLAIN, BINARY = "text/html", "text/xml", "text/plain", "application/octet-stream"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, True),
        ("", True),
        ("nonsense", True),
        ("*/*", True),
        ("*/*; charset=utf-8", True),
        ("Unknown/Unknown", True),
        ("application/unknown", True),
        ("text/plain", True),
        ("text/plain; charset=UTF-8", True),
        ("text/plain; charset=iso-8859-1", True),
        ("text/plain;charset=UTF-8", False),
        ("text/plain; charset=utf-16", False),
        ("text/html", False),
        ("application/octet-stream", False),
    ],
)
def test_which_headers_say_less_than_the_body(header, expected):
    assert is_to_be_sniffed(header) is expected


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (b"<!doctype HTML>", HTML),
        (b" \t\r\n\f<html lang=en>", HTML),
        (b"<p>", HTML),
        (b"<A href=x>", HTML),
        (b"<!--x", HTML),
        (b"<title", PLAIN),
        (b"<br/>", PLAIN),
        (b"<ul><li>", PLAIN),
        (b"\v<p>", BINARY),
        (b"<?xml version='1.0'?>", XML),
        (b"%PDF-1.7", "application/pdf"),
        (b" %PDF-1.7", PLAIN),
        (b"%!PS-Adobe-3", "application/postscript"),
        (b"\xff\xfea\0", PLAIN),
        (b"\xfe\xff\0a", PLAIN),
        (b"\xef\xbb\xbf<p>", PLAIN),
        (b"\xff\xfe", PLAIN),
        (b"GIF89a", "image/gif"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\1\2\3\4WEBPVP8", "image/webp"),
        (b"RIFF\n\2\3\nWAVE", "audio/wave"),
        (b"\0\0\1\0\1", "image/x-icon"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "video/mp4"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomavc1mp41", "video/mp4"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\1B\xf7\x81\1B\x82\x84webm", "video/webm"),
        (b"\x1f\x8b\x08\0", "application/x-gzip"),
        (b"PK\3\4", "application/zip"),
        (b"OggS\0", "application/ogg"),
        (b"just words\n", PLAIN),
        ("schöne Wörter".encode("latin-1"), PLAIN),
        (b"\x1b[0m", PLAIN),
        (b"a\0b", BINARY),
        (b"a\x1fb", BINARY),
        (b"", PLAIN),
    ],
)
def test_an_unknown_type(first, expected):
    assert sniff_type(first, None) == sniff_type(first, "*/*") == expected


@pytest.mark.parametrize("first", [b"<p>", b"<?xml?>", b"%PDF-1.7"])
def test_scripts_are_not_looked_for_where_the_server_says_so(first):
    assert sniff_type(first, "unknown/unknown", nosniff=True) == PLAIN
    assert sniff_type(b"GIF89a", "unknown/unknown", nosniff=True) == "image/gif"


@pytest.mark.parametrize(
    ("first", "expected"),
    [(b"<p>", PLAIN), (b"GIF89a", PLAIN), (b"GIF89a\0", BINARY), (b"\xff\xfe\0\0", PLAIN), (b"", PLAIN)],
)
def test_text_that_may_be_anything(first, expected):
    assert sniff_type(first, "text/plain") == expected
    assert sniff_type(first, "text/plain", nosniff=True) == PLAIN


def test_the_charset_of_the_header_is_kept():
    assert as_header(HTML, "*/*; charset=koi8-r") == 'text/html; charset="koi8-r"'
    assert as_header(HTML, None) == HTML
