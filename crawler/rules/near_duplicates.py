"""A hash of a page's visible text that a date, a time, a counter or a build number leaves as it is.

What changes from day to day stands where a page begins and ends: in its header and its footer. There every
number counts as the same number, and the names of months and weekdays beside one do not count. All between is
taken as it is, since there a number is content, such as a price. So pages are near each other where their
hashes are equal, which millions of them can be sorted by. ``docs/performance.md`` tells how often that is
wrong, and how often a SimHash is: it cannot tell another date from another word.
"""

import re

from xxhash import xxh3_64, xxh3_128_digest

from crawler.rules.time_words import TIME_WORDS

HEADER = 200
FOOTER = 600
"""Characters at the beginning and at the end within which numbers do not count, about."""
NO_CONTENT = xxh3_128_digest(b"")
"""The content hash of an empty body, by which no page can be told from another."""
LONG_ENOUGH = 1
"""The bit of a hash that is set where the text is so long that no two pages have it by chance: a hundred
characters. Shorter ones ("Page 1", "Page 2") are compared with what the same page said before, and with no
other page."""
_LONG = 100

_GAP = re.compile(r"\D{40}")
"""Without a number. Header and footer end in one, so that a longer number before it moves nothing else."""
_GAP_WITHIN = 300
_DIGITS = "0-9٠-٩۰-۹०-९০-৯๐-๙\uff10-\uff19"
"""ASCII, Arabic, Persian, Devanagari, Bengali, Thai and wide ones; \\d takes half as long again."""
_NUMBER = re.compile(
    f"[{_DIGITS}](?:[{_DIGITS}a-f]|[.,:/+_'’-](?=[{_DIGITS}a-f])|T(?=[0-9]))*(?:[A-Za-z]{{1,2}}(?![A-Za-z0-9]))?"
)
"""With what parts it, the letters of hexadecimal digits, and the last ones of 4pm and 28th; but no more of a
word, since RC2Parameter is none."""
_EAST_ASIAN = re.compile(
    "[(\uff08]?(?:(?:星期|礼拜|禮拜|周|週)[一二三四五六日天]|[月火水木金土日]曜日?|[월화수목금토일]요일)[)\uff09]?"
    "|[(\uff08][一二三四五六日月火水木金土월화수목금토일][)\uff09]"
    "|[上下]午|午[前後]|오[전후]"
)
"""Weekdays and halves of the day, which stand there without a blank."""
_AROUND = ".,;:()[]|·-–—"


def near_hash(text: str, *, is_one_line: bool = False) -> int:
    """The hash, as SQLite's integers are: 64 bits with a sign; 0 where there is no text.

    White space does not count. ``is_one_line``: every run of it is known to be one space, with none at the
    ends. The value is the same everywhere and always, as databases keep it. Any ``str`` has one, lone
    surrogates too.
    """
    if not is_one_line:
        text = " ".join(text.split())
    if not text:
        return 0
    begin, end = _gap(text, HEADER), _gap(text, len(text) - FOOTER)
    if begin < end:
        parts = [_without_numbers(text[:begin]), text[begin:end], _without_numbers(text[end:])]
    else:
        parts = [_without_numbers(text)]
    hashed = xxh3_64()
    for part in parts:
        # Made faster than UTF-8 of what Python keeps in one or two bytes a character.
        hashed.update(part.encode("utf-16-le", "surrogatepass"))
    digest = hashed.intdigest()
    digest = digest | LONG_ENOUGH if sum(map(len, parts)) >= _LONG else (digest & ~LONG_ENOUGH) or 2
    return digest - (1 << 64) if digest >> 63 else digest


def are_near(one: int, other: int) -> bool:
    """Whether two hashes are of texts that say the same, but for what is told above."""
    return one == other != 0


def group_key(near: int, content: bytes) -> int | bytes | None:
    """What pages have in common that are nearly or wholly the same; None: it is like no other.

    ``content`` is the hash of the whole, which counts alone where there is too little text.
    """
    return near if near & LONG_ENOUGH else content or None


def _gap(text: str, at: int) -> int:
    """A place near ``at`` that is as far from every number as can be."""
    if at <= 0:
        return 0
    found = _GAP.search(text, at, at + _GAP_WITHIN)
    return at if found is None else found.start() + 20


def _without_numbers(text: str) -> str:
    """The same text with every number, and what belongs to it, as a single 0."""
    if not text.isascii() and ("月" in text or "월" in text):
        text = _EAST_ASIAN.sub("", text)
    first, *between = _NUMBER.split(text)
    if not between:
        return text
    last = between.pop()
    # Nothing is left of what stands between the numbers of one date, so that they count as one.
    parts = [part for piece in between if (part := _since_number(_until_number(piece)))]
    return "0".join([_until_number(first), *parts, _since_number(last)])


def _until_number(piece: str) -> str:
    """What stands before a number, without what belongs to that: hexadecimal digits, a weekday."""
    piece = piece.rstrip("abcdef")
    while piece:
        rest, _, word = piece.rpartition(" ")
        if word.strip(_AROUND).lower() not in TIME_WORDS:
            break
        piece = rest
    return piece


def _since_number(piece: str) -> str:
    """What stands after a number, and of one or of several things."""
    while piece:
        word, _, rest = piece.partition(" ")
        if word.strip(_AROUND).lower() not in TIME_WORDS:
            return f"{word.rstrip(_AROUND).removesuffix('s')} {rest}"
        piece = rest
    return piece
