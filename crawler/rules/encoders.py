"""From text to bytes as the Encoding standard has it: links on a page in an old encoding ask in that one.

Python's codecs are other encodings under the same names, and the parser's decode only; so its decoders
are turned round: all that a decoder can be given is decoded once, and what came out leads back to the bytes.
Where several bytes stand for one character, or one is read that must not be written, the standard's
encoders say which (https://encoding.spec.whatwg.org/); those exceptions are all that is written down here.

A table is made when the first link needs it, once in each process: half a millisecond, and a twentieth of a
second for gb18030.
"""

import functools
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import product
from urllib.parse import quote

import turbohtml.detect  # noqa: F401  (registers the "whatwg-…" codecs)

from crawler.rules.urls import scalar_values

_KEPT_IN_A_QUERY = "!$%&()*+,-./:;=?@[\\]^_`{|}~"
_C0_AND_SPACE = "".join(map(chr, range(0x21)))
_TABS_AND_NEWLINES = dict.fromkeys(map(ord, "\t\n\r"))
_ASCII = range(0x80)
_HALFWIDTH_KANA = range(0xFF61, 0xFFA0)
_PAIRS: dict[str, tuple[Iterable[int], Iterable[int]]] = {
    "GBK": (range(0x81, 0xFF), range(0x40, 0xFF)),
    "gb18030": (range(0x81, 0xFF), range(0x40, 0xFF)),
    # Not the Hong Kong extension, which lies before 0xA1.
    "Big5": (range(0xA1, 0xFF), range(0x40, 0xFF)),
    "EUC-JP": (range(0xA1, 0xFF), range(0xA1, 0xFF)),
    "EUC-KR": (range(0x81, 0xFF), range(0x41, 0xFF)),
    # Neither what NEC had selected of IBM's characters (0xED to 0xEF) nor private use (0xF0 to 0xF9).
    "Shift_JIS": ((*range(0x81, 0xA0), *range(0xE0, 0xED), *range(0xFA, 0xFD)), range(0x40, 0xFD)),
}
"""Lead and trail bytes that the encoders write, which may be fewer than the decoders read."""
_LAST_OF_SEVERAL = "═╞╡╪十卅"
"""Of Big5: these are written by the last of the bytes that stand for them, all others by the first."""
_GB_PRIVATE = {
    **{chr(0xE78D + n): bytes([0xA6, 0xD9 + n]) for n in range(7)},
    "\ue794": b"\xa6\xec", "\ue795": b"\xa6\xed", "\ue796": b"\xa6\xf3", "\ue81e": b"\xfe\x59",
    "\ue826": b"\xfe\x61", "\ue82b": b"\xfe\x66", "\ue82c": b"\xfe\x67", "\ue832": b"\xfe\x6d",
    "\ue843": b"\xfe\x7e", "\ue854": b"\xfe\x90", "\ue864": b"\xfe\xa0",
}  # fmt: skip
"""Of GBK and gb18030: written as before 2022, when their bytes were given to other characters."""
_GB_RANGES = 39_420
"""Codes of four bytes that stand for characters below U+10000; those above follow one by one."""
_GB_ABOVE = 189_000
_JAPANESE = {"EUC-JP", "Shift_JIS", "ISO-2022-JP"}
_YEN_AND_OVERLINE = {"\xa5": b"\\", "\u203e": b"~"}
_MINUS, _FULLWIDTH_MINUS = "\u2212", "\uff0d"

_TO_ASCII, _TO_ROMAN, _TO_KANJI = b"\x1b(B", b"\x1b(J", b"\x1b$B"


def encode_query(href: str, charset: str) -> str:
    """``href`` with its query percent-coded in the encoding of that WHATWG name, as a page in it sends it.

    WHATWG URL, query state and § 1.3 ("percent-encode after encoding"): all else in a URL is UTF-8; what the
    encoding lacks becomes a character reference. Raises LookupError where there is no such encoding.
    """
    href = scalar_values(href).strip(_C0_AND_SPACE).translate(_TABS_AND_NEWLINES)
    before, hash_sign, fragment = href.partition("#")
    path, mark, query = before.partition("?")
    coded = "".join(
        quote(part, safe=_KEPT_IN_A_QUERY) if isinstance(part, bytes) else f"%26%23{ord(part)}%3B"
        for part in encode(query, charset)
    )
    return path + mark + coded + hash_sign + fragment


def encode(text: str, charset: str) -> Iterator[bytes | str]:
    """``text`` in the encoding of that WHATWG name, piece by piece; a character that it lacks is left a str.

    Of UTF-8 and the encodings that are written as UTF-8 ("get an output encoding"), it lacks none. ``text``
    holds no lone surrogates. Raises LookupError where there is no such encoding.
    """
    if charset.startswith("UTF-") or charset == "replacement":
        return iter((text.encode(),))
    if charset == "ISO-2022-JP":
        return _iso_2022_jp(text)
    table = _table(charset)
    is_gb18030 = charset == "gb18030"
    return (
        _gb_above(ord(letter)) if is_gb18030 and letter > "\uffff" else table.get(letter, letter)
        for letter in text
    )


@functools.cache
def _table(charset: str) -> dict[str, bytes]:
    """The bytes of each character that the encoding has. Raises LookupError."""
    pairs = _PAIRS.get(charset)
    table: dict[str, bytes] = {chr(code): bytes([code]) for code in _ASCII}
    codes = [bytes([code]) for code in range(0x80, 0x100)]
    if charset in ("GBK", "gb18030"):
        table |= _GB_PRIVATE
        table["€"] = b"\x80" if charset == "GBK" else b"\xa2\xe3"
        codes = []
    elif charset in _JAPANESE:
        # The rest of what is special of them; of their single bytes Shift_JIS has all, EUC-JP none.
        table |= _YEN_AND_OVERLINE
        before = b"\x8e" if charset == "EUC-JP" else b""
        table |= {chr(code): before + bytes([code - 0xFF61 + 0xA1]) for code in _HALFWIDTH_KANA}
        codes = [] if charset == "EUC-JP" else codes[:1]
    elif pairs is not None:
        codes = []
    _add(table, codes, charset)
    if pairs is not None:
        _add(table, [bytes(pair) for pair in product(*pairs)], charset)
    if charset == "Big5":
        later = {text: code for code, text in _decoded([bytes(p) for p in product(*_PAIRS["Big5"])], "Big5")}
        table |= {letter: later[letter] for letter in _LAST_OF_SEVERAL}
    elif charset == "gb18030":
        _add(table, [_four_bytes(pointer) for pointer in range(_GB_RANGES)], charset)
    if charset in ("GBK", "gb18030"):
        table.pop("\ue5e5", None)  # its bytes stand for the ideographic space
    elif charset in _JAPANESE and _FULLWIDTH_MINUS in table:
        table[_MINUS] = table[_FULLWIDTH_MINUS]
    return table


def _add(table: dict[str, bytes], codes: list[bytes], charset: str) -> None:
    """What ``codes`` stand for, where nothing before stands for it."""
    for code, letter in _decoded(codes, charset):
        table.setdefault(letter, code)


def _decoded(codes: list[bytes], charset: str) -> Iterator[tuple[bytes, str]]:
    """Those of the codes that stand for one character, with it."""
    # All in one go, each on its line: no code contains a line feed, and none that is cut off swallows one.
    letters = b"\n".join(codes).decode(f"whatwg-{charset}").split("\n") if codes else []
    for code, letter in zip(codes, letters, strict=True):
        if len(letter) == 1 and (letter != "\ufffd" or (charset == "gb18030" and len(code) == 4)):
            yield code, letter


def _four_bytes(pointer: int) -> bytes:
    rest, fourth = divmod(pointer, 10)
    rest, third = divmod(rest, 126)
    first, second = divmod(rest, 10)
    return bytes([first + 0x81, second + 0x30, third + 0x81, fourth + 0x30])


def _gb_above(code_point: int) -> bytes:
    return _four_bytes(_GB_ABOVE + code_point - 0x10000)


def _iso_2022_jp(text: str) -> Iterator[bytes | str]:
    """Its bytes mean this or that by the escape sequence before them; it ends in ASCII."""
    kanji, state = _table("EUC-JP"), _TO_ASCII
    for letter in text:
        letter = _full_width(letter)
        is_ascii = letter.isascii()
        if letter in "\x0e\x0f\x1b":
            # They would be read as an escape; the standard reports them as another character.
            if state == _TO_KANJI:
                yield _TO_ASCII
                state = _TO_ASCII
            yield "\ufffd"
            continue
        code = letter.encode() if is_ascii else _YEN_AND_OVERLINE.get(letter) or kanji.get(letter)
        if code is None:
            wanted = _TO_ASCII if state == _TO_KANJI else state
        elif is_ascii:
            stays = state == _TO_ROMAN and letter not in "\\~"
            wanted = _TO_ROMAN if stays else _TO_ASCII
        else:
            wanted = _TO_ROMAN if letter in _YEN_AND_OVERLINE else _TO_KANJI
        if wanted != state:
            yield wanted
            state = wanted
        if code is None:
            yield letter
        else:
            yield bytes(byte & 0x7F for byte in code)
    if state != _TO_ASCII:
        yield _TO_ASCII


def _full_width(letter: str) -> str:
    """The full-width form of a half-width katakana, which is all that ISO-2022-JP can write."""
    if ord(letter) not in _HALFWIDTH_KANA:
        return letter
    return {"\uff9e": "\u309b", "\uff9f": "\u309c"}.get(letter) or unicodedata.normalize("NFKC", letter)
