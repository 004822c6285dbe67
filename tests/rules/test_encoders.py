"""Encoders, by what the Encoding standard says of each; decoders are only asked for what is not special."""

import codecs

import pytest
import turbohtml.detect  # noqa: F401

from crawler.rules.encoders import encode, encode_query

SINGLE = [
    "IBM866", *(f"ISO-8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)), "ISO-8859-8-I", "KOI8-R",
    "KOI8-U", "macintosh", "windows-874", *(f"windows-{n}" for n in range(1250, 1259)), "x-mac-cyrillic",
    "x-user-defined",
]  # fmt: skip
SEVERAL = ["GBK", "gb18030", "Big5", "EUC-JP", "EUC-KR", "Shift_JIS"]


def bytes_of(text: str, charset: str) -> bytes | None:
    """None where something is lacking."""
    parts = list(encode(text, charset))
    return None if any(isinstance(part, str) for part in parts) else b"".join(map(bytes, parts))


def decoded(data: bytes, charset: str) -> str:
    return codecs.lookup(f"whatwg-{charset}").decode(data)[0]


@pytest.mark.parametrize("charset", SINGLE)
def test_a_single_byte_is_what_the_decoder_reads(charset):
    for byte in range(256):
        letter = decoded(bytes([byte]), charset)
        if letter != "\ufffd":
            assert bytes_of(letter, charset) == bytes([byte])
    assert bytes_of("\u2603", charset) is None


@pytest.mark.parametrize("charset", SEVERAL)
def test_what_is_written_is_read_again(charset):
    found = 0
    for code_point in (*range(0xD800), *range(0xE000, 0x11000)):
        written = bytes_of(chr(code_point), charset)
        # Two that look like others, and private characters of GB 18030 that came to be public in 2022.
        if written is None or chr(code_point) in "¥‾−" or 0xE78D <= code_point <= 0xE864:
            continue
        found += 1
        assert decoded(written, charset) == chr(code_point)
    assert found > 7_000


@pytest.mark.parametrize(
    ("charset", "text", "expected"),
    [
        ("windows-874", "ก", b"\xa1"),
        ("ISO-8859-8-I", "א", b"\xe0"),
        ("KOI8-U", "ў", b"\xae"),  # KOI8-RU, whatever it is called
        ("windows-1252", "\x81€", b"\x81\x80"),  # Python's has holes
        ("macintosh", "€", b"\xdb"),
        ("x-user-defined", "\uf780\uf7ff", b"\x80\xff"),
        ("x-user-defined", "\x80", None),
        ("Shift_JIS", "①", b"\x87@"),
        ("Shift_JIS", "ア\x80", b"\x83A\x80"),
        ("Shift_JIS", "ｱ¥‾−", b"\xb1\\~\x81|"),
        ("Shift_JIS", "纊ⅰ", b"\xfa\\\xfa@"),  # by IBM's rows, not NEC's
        ("Shift_JIS", "∵￢", b"\x81\xe6\x81\xca"),
        ("Shift_JIS", "\ue000", None),  # read, never written
        ("EUC-JP", "①ｱ¥‾−", b"\xad\xa1\x8e\xb1\\~\xa1\xdd"),
        ("EUC-JP", "纊", b"\xf9\xa1"),
        ("EUC-JP", "丂", None),  # JIS X 0212, read and never written
        ("EUC-KR", "가힣똠", b"\xb0\xa1\xc6\x52\x8cc"),
        ("Big5", "中═╞╡╪十卅", b"\xa4\xa4\xf9\xf9\xf9\xe9\xf9\xeb\xf9\xea\xa4Q\xa4\xca"),
        ("Big5", "①", b"\xc6\xa1"),
        ("Big5", "乪", None),  # 0x95 0x45 of HKSCS, read and never written
        ("GBK", "€中", b"\x80\xd6\xd0"),
        ("gb18030", "€中", b"\xa2\xe3\xd6\xd0"),
        ("GBK", "ก\ue5e5", None),
        ("GBK", "\ue5e5", None),
        ("gb18030", "\ue5e5", None),
        ("gb18030", "ก\uffff😀\U0010ffff", b"\x812\xce9\x841\xa49\x949\xfc6\xe32\x9a5"),
        ("gb18030", "\ue7c7\ufffd", b"\x815\xf47\x841\xa47"),
        ("gb18030", "\ue796\ue864", b"\xa6\xf3\xfe\xa0"),
        ("GBK", "\ue78d\ue81e", b"\xa6\xd9\xfeY"),
        ("ISO-2022-JP", "a①b", b"a\x1b$B-!\x1b(Bb"),
        ("ISO-2022-JP", "①①", b"\x1b$B-!-!\x1b(B"),
        ("ISO-2022-JP", "¥x\\", b"\x1b(J\\x\x1b(B\\"),
        ("ISO-2022-JP", "‾", b"\x1b(J~\x1b(B"),
        ("ISO-2022-JP", "ｱﾞ−", b'\x1b$B%"!+!]\x1b(B'),
        ("UTF-16LE", "é", b"\xc3\xa9"),
        ("UTF-8", "é", b"\xc3\xa9"),
        ("replacement", "é", b"\xc3\xa9"),
    ],
)
def test_encode(charset, text, expected):
    assert bytes_of(text, charset) == expected


def test_what_iso_2022_jp_lacks_stands_outside_of_its_escapes():
    assert list(encode("①é", "ISO-2022-JP")) == [b"\x1b$B", b"-!", b"\x1b(B", "é"]
    assert list(encode("¥é", "ISO-2022-JP")) == [b"\x1b(J", b"\\", "é", b"\x1b(B"]
    assert list(encode("①\x1b", "ISO-2022-JP")) == [b"\x1b$B", b"-!", b"\x1b(B", "\ufffd"]


@pytest.mark.parametrize(
    ("charset", "href", "expected"),
    [
        ("windows-874", "?q=ก", "?q=%A1"),
        ("Shift_JIS", "?q=①", "?q=%87@"),
        ("ISO-8859-8-I", "?q=א", "?q=%E0"),
        ("Big5", "/é?q=中é#é", "/é?q=%A4%A4%26%23233%3B#é"),
        ("ISO-2022-JP", "?q=①&b=1", "?q=%1B$B-!%1B(B&b=1"),
        ("ISO-2022-JP", "?本&", "?%1B$BK\\%1B(B&"),
        ("windows-1252", "\t?a=é\n&b='<%zz \t", "?a=%E9&b=%27%3C%zz"),
        ("windows-1252", "?a=\ud800", "?a=%26%2365533%3B"),
        ("gb18030", "?a=😀", "?a=%949%FC6"),
        ("KOI8-R", "#?é", "#?é"),
    ],
)
def test_encode_query(charset, href, expected):
    assert encode_query(href, charset) == expected
