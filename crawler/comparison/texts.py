"""Two visible texts as a unified diff that people can read.

A visible text is one line: it is parted where sentences end. What has none, a menu or a table, is parted
behind words that are told by themselves, so that one word more does not move all the parts behind it.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from zlib import crc32

MOST_CHARACTERS = 1_000_000
"""Of a text; what is behind is not looked at."""
MOST_LINES = 1_000
"""Of what differs, on each side: difflib may take the square of it."""
MOST_SHOWN = 400
"""Lines of a diff."""
_SENTENCE_END = tuple(".!?…。！？")
_LEAST_WORDS, _MOST_WORDS = 6, 30
_PIECES = re.compile(r"[^。！？\s]{1,100}[。！？]?|[。！？]")
"""Words; of what has no blanks, sentences or a hundred characters."""
_CONTEXT = 1


def unified(old: str, new: str) -> tuple[tuple[str, ...], str | None]:
    """The diff, and half a sentence where it does not show all; ("", None) where there is none."""
    is_long = max(len(old), len(new)) > MOST_CHARACTERS
    ones, others = list(_lines(old[:MOST_CHARACTERS])), list(_lines(new[:MOST_CHARACTERS]))
    begin = _same(ones, others)
    behind = _same(ones[begin:][::-1], others[begin:][::-1])
    first = max(begin - _CONTEXT, 0)
    middle = [some[first : len(some) - max(behind - _CONTEXT, 0)] for some in (ones, others)]
    found = list(_diff(middle[0][:MOST_LINES], middle[1][:MOST_LINES], first))
    note = f"what is behind {MOST_CHARACTERS:,} characters was not looked at" if is_long else None
    if len(found) > MOST_SHOWN or any(len(some) > MOST_LINES for some in middle):
        note = f"the diff is cut off after {min(len(found), MOST_SHOWN):,} lines"
    return tuple(found[:MOST_SHOWN]), note


def _same(ones: Sequence[str], others: Sequence[str]) -> int:
    """With how many equal lines they begin."""
    pairs = enumerate(zip(ones, others, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(ones), len(others)))


def _diff(ones: Sequence[str], others: Sequence[str], first: int) -> Iterator[str]:
    """Hunks as of ``diff -U1``, whose lines are counted from ``first``."""
    for group in difflib.SequenceMatcher(None, ones, others).get_grouped_opcodes(_CONTEXT):
        begin, end = group[0][1] + first, group[-1][2] + first
        other_begin, other_end = group[0][3] + first, group[-1][4] + first
        yield f"@@ -{_range(begin, end)} +{_range(other_begin, other_end)} @@"
        for tag, one, one_end, other, other_end_of in group:
            if tag == "equal":
                yield from (f" {line}" for line in ones[one:one_end])
                continue
            yield from (f"-{line}" for line in ones[one:one_end])
            yield from (f"+{line}" for line in others[other:other_end_of])


def _range(begin: int, end: int) -> str:
    length = end - begin
    return f"{begin + 1 if length else begin}" + ("" if length == 1 else f",{length}")


def _lines(text: str) -> Iterator[str]:
    words: list[str] = []
    for word in _PIECES.findall(text):
        words.append(word)
        ends = word.endswith(_SENTENCE_END) or len(words) == _MOST_WORDS
        if ends or (len(words) >= _LEAST_WORDS and crc32(word.encode("utf-8", "replace")) % 8 == 0):
            yield " ".join(words)
            words = []
    if words:
        yield " ".join(words)
