import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.rules.charset import decode, name_of, of_header, of_meta, sniff

PIECES = [
    b"<!DOCTYPE html>",
    b"<html>",
    b'<html lang="a">',
    b'<html a="<">',
    b"<head>",
    b"\n ",
    b"<!--",
    b"-->",
]
PIECES += [
    b'<meta charset="utf-8">',
    b'<META charset = "UTF-8" />',
    b"<meta charset=koi8-r>",
    b"<p a='",
    b"\xe9",
]

# Encoding standard §4.2: every encoding with one of its labels that is not its name.
LABELS = {
    "unicode-1-1-utf-8": "UTF-8", "cp866": "IBM866", "latin2": "ISO-8859-2", "latin3": "ISO-8859-3",
    "latin4": "ISO-8859-4", "cyrillic": "ISO-8859-5", "arabic": "ISO-8859-6", "sun_eu_greek": "ISO-8859-7",
    "visual": "ISO-8859-8", "logical": "ISO-8859-8-I", "l6": "ISO-8859-10", "iso8859-13": "ISO-8859-13",
    "iso885914": "ISO-8859-14", "l9": "ISO-8859-15", "iso-8859-16": "ISO-8859-16", "koi": "KOI8-R",
    "koi8-ru": "KOI8-U", "x-mac-roman": "macintosh", "tis-620": "windows-874", "x-cp1250": "windows-1250",
    "cp1251": "windows-1251", "us-ascii": "windows-1252", "cp1253": "windows-1253", "latin5": "windows-1254",
    "cp1255": "windows-1255", "x-cp1256": "windows-1256", "cp1257": "windows-1257", "cp1258": "windows-1258",
    "x-mac-ukrainian": "x-mac-cyrillic", "gb2312": "GBK", "GB18030": "gb18030", "big5-hkscs": "Big5",
    "x-euc-jp": "EUC-JP", "csiso2022jp": "ISO-2022-JP", "ms932": "Shift_JIS", "ks_c_5601-1987": "EUC-KR",
    "hz-gb-2312": "replacement", "unicodefffe": "UTF-16BE", "ucs-2": "UTF-16LE",
    "X-User-Defined": "x-user-defined",
}  # fmt: skip


def test_labels_have_the_standards_names():
    assert {label: name_of(label) for label in LABELS} == LABELS
    assert name_of(" \tLATIN1\r\n") == "windows-1252"


@pytest.mark.parametrize(
    "label", ["", "nope", "utf-8\x0b", "utf\u00a08", "\u212aoi8-r", "latin1\0", "\ud800"]
)
def test_what_is_no_label_has_no_name(label):
    assert name_of(label) is None


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("text/html; charset=utf-8", "UTF-8"),
        ("text/html;CHARSET=Latin1", "windows-1252"),
        ('text/html; charset="koi8-r"; x=y', "KOI8-R"),
        ("text/html; charset='koi8-r'", "KOI8-R"),
        ("text/html; x=y; charset=utf-16", "UTF-16LE"),
        ("text/html; charset=nope", None),
        ("text/html; mycharset=utf-8", None),
        ("text/html", None),
        ("charset=utf-8", None),
        ("html; charset=utf-8", None),
        (None, None),
        # MIME Sniffing §4.4: the first of several, strings with escapes, an end that is missing.
        ("text/html; charset=koi8-r; charset=utf-8", "KOI8-R"),
        ("text/html; charset=nope; charset=utf-8", None),
        ("text/html; charset=; charset=utf-8", "UTF-8"),
        ('text/html; charset=""; charset=utf-8', None),
        ("text/html;;;charset;x=;\tcharset=utf-8 \r\n;", "UTF-8"),
        ('text/html; x="; charset=koi8-r"; charset=utf-8', "UTF-8"),
        ('text/html; x="\\"; charset=koi8-r"; charset=utf-8', "UTF-8"),
        ('text/html; charset="koi8\\-r"rest; x=y', "KOI8-R"),
        ('text/html; charset="koi8-r', "KOI8-R"),
        ('text/html; charset="koi8-r\\', None),
        ("text/html; charset='koi8-r", None),
        ("text/html; charset='", None),
        ('text/html; charset=koi8-r"', None),
        ("text/html; charset= koi8-r", "KOI8-R"),
        ("text/html; charset =koi8-r", None),
        ("text/html; charset=koi8-r or so", None),
    ],
)
def test_the_content_type_header(header, name):
    assert of_header(header) == name


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("text/html; charset=koi8-r", "KOI8-R"),
        ("text/html; CharSet\f=\tKOI8-R;x", "KOI8-R"),
        ("charset=koi8-r x", "KOI8-R"),
        ("charset='koi8-r'x", "KOI8-R"),
        ('charset=" koi8-r "', "KOI8-R"),
        ("charset='koi8-r", None),
        ('charset="koi8-r', None),
        ("charset='koi8-r\"", None),
        ("charset=koi8-r'", None),
        ("charset=", None),
        ("charset=;charset=koi8-r", None),
        ("charset=nope;charset=koi8-r", None),
        ("charset charset=koi8-r", "KOI8-R"),
        ("charset, xcharset = koi8-r", "KOI8-R"),
        ("charset\x0b=koi8-r", None),
        ("char\u017fet=koi8-r", None),
        ("koi8-r", None),
    ],
)
def test_the_content_of_a_meta(content, name):
    assert of_meta(content) == name


@given(
    st.lists(
        st.sampled_from(["charset", "CHARSET", "=", "'", " ", "\t", ";", "koi8-r", "x"]), max_size=9
    ).map("".join)
)
def test_a_late_meta_says_what_it_would_say_within_the_prescan(content):
    head = f'<meta http-equiv=Content-Type content="{content}"><p>\xe9'.encode("latin-1")
    assert sniff(head, None) == (of_meta(content) or "windows-1252")


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"<meta charset=koi8-r>", "KOI8-R"),
        (b"<META\nCHARSET = 'koi8-r' />", "KOI8-R"),
        (b"<meta/charset=koi8-r>", "KOI8-R"),
        (b"<meta charset=latin1>", "windows-1252"),
        (b"<meta charset=nope><meta charset=koi8-r>", "KOI8-R"),
        (b"<meta charset=koi8-r><meta charset=utf-8>", "KOI8-R"),
        (b"<meta charset=utf-16be>", "UTF-8"),
        (b"<meta charset=x-user-defined>", "windows-1252"),
        (b"<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>", "KOI8-R"),
        (b"<meta content=\"text/html; charset='koi8-r'\" http-equiv=content-type>", "KOI8-R"),
        (b"<meta name=x content='text/html; charset=koi8-r'>", None),
        (b"<metacharset=koi8-r>", None),
        (b"<meta charset=koi8-r", None),
        (b"<!-- <meta charset=koi8-r> -->", None),
        (b"<!--><meta charset=koi8-r>", "KOI8-R"),
        (b"<p title='<meta charset=koi8-r>'>", None),
        (b"<p title='>'><meta charset=koi8-r>", "KOI8-R"),
        (b"</p title='<meta charset=koi8-r>'><meta charset=utf-8>", "UTF-8"),
        (b"<html \xe9><meta charset=koi8-r>", "KOI8-R"),
        (b"<!--" + b"x" * 997 + b"--><meta charset=koi8-r>", None),
        (b"<!--" + b"x" * 996 + b"--><meta charset=koi8-r>", "KOI8-R"),
        (b"<script src=a charset=koi8-r></script>", None),
        (b"<?xml version='1.0' encoding='koi8-r'?>", "KOI8-R"),
        (b'<?xml encoding = "utf-16"?>', "UTF-8"),
        (b"<?xml version='1.0' encoding='koi8-r'?><meta charset=utf-8>", "UTF-8"),
        (b" <?xml version='1.0' encoding='koi8-r'?>", None),
    ],
)
def test_what_the_head_declares(head, name):
    assert sniff(head, None) == (name or "windows-1252")
    # And whatever else the bytes look like.
    assert sniff(head + b"<p>\xc3\xa9" * 3, "text/html") == (name or "UTF-8")
    assert sniff(head + b"<p>\xe9 <p>" * 3, "text/html; charset=nope") == (name or "windows-1252")


@given(st.lists(st.sampled_from(PIECES), max_size=6))
@example([b"<!DOCTYPE html>", b"\n ", b'<html lang="a">', b"<head>", b'<meta charset="utf-8">'])
def test_the_plainest_declaration_is_what_the_prescan_would_find(pieces):
    head = b"".join(pieces) + b"<p>\xe9"
    found = sniff(head, "text/html")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crawler.rules.charset._PLAIN_UTF8", re.compile(b"(?!)"))
        assert sniff(head, "text/html") == found


def test_a_mark_outranks_the_header_and_the_header_outranks_meta():
    meta = b"<meta charset=koi8-r>"
    assert sniff(b"\xef\xbb\xbf" + meta, "text/html; charset=latin1") == "UTF-8"
    assert sniff(b"\xff\xfe<\0", "text/html; charset=utf-8") == "UTF-16LE"
    assert sniff(b"\xfe\xff\0<", None) == "UTF-16BE"
    assert sniff(meta, "text/html; charset=big5") == "Big5"


@pytest.mark.parametrize(
    ("body", "content_type", "name"),
    [
        (b"", None, "windows-1252"),
        (b"plain", "text/plain", "windows-1252"),
        (b"caf\xe9", None, "windows-1252"),
        (b"caf\xc3\xa9", "text/plain", "UTF-8"),
        (b"caf\xc3\xa9 cut in \xe2\x82", "text/plain", "UTF-8"),
        (b"<meta charset=koi8-r>", "text/plain", "windows-1252"),
        (b"{}", "application/json", "UTF-8"),
        (b"<a>\xe9</a>", "application/feed+json", "UTF-8"),
        (b"<a>\xe9</a>", "text/xml", "UTF-8"),
        (b"<?xml version='1.0' encoding='koi8-r'?><a/>", "application/atom+xml", "KOI8-R"),
        (b"<html><meta charset=koi8-r>", "application/xhtml+xml", "KOI8-R"),
        (b"<\0?\0x\0m\0l\0", "text/xml", "UTF-16LE"),
        (b"\0<\0?\0x\0m\0l", None, "UTF-16BE"),
    ],
)
def test_where_nothing_is_declared(body, content_type, name):
    assert sniff(body, content_type) == name


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        (b"\xef\xbb\xbfa", "UTF-8", "a"),
        (b"\xff\xfea\0", "UTF-16LE", "a"),
        (b"\xfe\xff\0a", "UTF-16BE", "a"),
        (b"\xf0\x80\x80A\xe2\x82", "UTF-8", "\ufffd\ufffd\ufffdA\ufffd"),
        (b"\x80\x81\x9f", "iso-8859-1", "\u20ac\x81\u0178"),
        (b"\xa4", "iso-8859-15", "\u20ac"),
        (b"\x93\xfa\x96{", "Shift_JIS", "\u65e5\u672c"),
        (b"\x87\x40", "Shift_JIS", "\u2460"),
        (b"\x88\x62", "Big5", "\u00ca\u0304"),
        (b"abc", "replacement", "\ufffd"),
        (b"\xe9", "no such thing", "\u00e9"),
        (b"a\0b", "UTF-16LE", "a\ufffd"),
    ],
)
def test_decode(body, charset, text):
    assert decode(body, charset) == text


heads = st.lists(
    st.one_of(
        st.sampled_from(
            [b"<meta ", b"charset=", b"<!--", b"-->", b"<?xml ", b"encoding='", b"koi8-r'", b">"]
        ),
        st.binary(max_size=4),
    ),
    max_size=12,
).map(b"".join)


@given(
    heads, st.one_of(st.none(), st.text(max_size=20), st.sampled_from(["text/xml", "text/html;charset='"]))
)
def test_whatever_comes_is_sniffed_and_decoded(body, content_type):
    name = sniff(body, content_type)
    assert name_of(name) == name
    assert isinstance(decode(body, name), str)


@given(st.binary(max_size=64), st.sampled_from([*LABELS.values(), "?"]))
def test_decode_never_raises(body, charset):
    assert isinstance(decode(body, charset), str)
