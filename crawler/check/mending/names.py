"""Names that are alike: by a slip, or for good reason, as those of two languages, or parts of a series."""

import re

SHORT = 3
"""Letters of a word that may be a language, a letter of a series or a number in Roman letters: it tells pages
apart as a number does."""
LONG = 8
"""Letters of a word in which one more or less may be a slip: ``struct`` and ``strict`` are both words."""
_NUMBERS = re.compile(r"\d+")
_APART = re.compile(r"[\W_]+")
_LETTERS = re.compile(r"[\W\d_]+")
_JOINED = re.compile(r"(?<=[^\W_])[-_ ]+(?=[^\W_])")


def letters(text: str) -> str:
    """Without case, and with one sign for whatever joins words: ``c++``, ``_thread`` and ``v1.1`` stay so."""
    return _JOINED.sub("-", text).casefold()


def numbers(text: str | None) -> list[str]:
    """Those of a text, in order: they tell apart what else is alike, as ``1.10`` and ``11.0``."""
    return _NUMBERS.findall(text or "")


def are_siblings(one: str, other: str) -> bool:
    """Whether two paths are alike for good reason: in other numbers, or in nothing but short words."""
    differ = {*_APART.split(one.casefold())} ^ {*_APART.split(other.casefold())}
    return numbers(one) != numbers(other) or (bool(differ) and all(len(word) <= SHORT for word in differ))


def shortened(name: str) -> set[str]:
    """The name, and all that is left without one character: names one change apart have one in common."""
    return {name, *(name[:at] + name[at + 1 :] for at in range(len(name)))}


def is_slip(one: str, other: str) -> bool:
    """Whether one letter within one long word was put in, left out, changed, or swapped with the next.

    Not its first or last one: ``cmath`` and ``math`` are different things, as are ``Executor`` and
    ``Executors``. Nor one of a script without case, as Chinese, in which a letter is a word.
    """
    words, others = _LETTERS.split(one), _LETTERS.split(other)
    differ = [pair for pair in zip(words, others, strict=False) if pair[0] != pair[1]]
    if len(words) != len(others) or len(differ) != 1 or _LETTERS.findall(one) != _LETTERS.findall(other):
        return False
    word, right = differ[0]
    is_long = min(len(word), len(right)) >= LONG - 1 and max(len(word), len(right)) >= LONG
    is_within = is_long and word[0] == right[0] and word[-1] == right[-1]
    return is_within and _has_case(word + right) and _are_one_change_apart(word, right)


def _has_case(text: str) -> bool:
    return all(letter.lower() != letter.upper() for letter in text)


def _are_one_change_apart(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    begin = 0
    while begin < len(short) and short[begin] == long[begin]:
        begin += 1
    if short[begin:] == long[begin + 1 :]:
        return True
    swapped = (
        short[begin : begin + 2] == long[begin : begin + 2][::-1] and short[begin + 2 :] == long[begin + 2 :]
    )
    return len(short) == len(long) and (short[begin + 1 :] == long[begin + 1 :] or swapped)
