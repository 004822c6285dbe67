"""Names that are alike: written in another way, or for good reason, as those of two languages or versions."""

import re

SHORT = 3
"""Letters of a word that may be a language, a letter of a series or a number in Roman letters: it tells pages
apart as a number does."""
_NUMBERS = re.compile(r"\d+")
_APART = re.compile(r"[\W_]+")
_JOINED = re.compile(r"(?<=[^\W_])[-_ ]+(?=[^\W_])")


def letters(text: str) -> str:
    """Without case, and with one sign for whatever joins words: ``c++``, ``_thread`` and ``v1.1`` stay so."""
    return _JOINED.sub("-", text).casefold()


def numbers(text: str) -> list[str]:
    """Those of a text, in order: they tell apart what else is alike, as ``1.10`` and ``11.0``."""
    return _NUMBERS.findall(text)


def are_siblings(one: str, other: str) -> bool:
    """Whether two paths are alike for good reason: in other numbers, or in nothing but short words."""
    return numbers(one) != numbers(other) or differ_in_little(one, other)


def differ_in_little(one: str, other: str) -> bool:
    """Whether nothing tells them apart but short words and what has a number in it."""
    differ = {*_APART.split(one.casefold())} ^ {*_APART.split(other.casefold())}
    return bool(differ) and all(len(word) <= SHORT or numbers(word) for word in differ)


def differ_in_a_capital(one: str, other: str) -> bool:
    """Whether one has a capital where the other begins: a class and its module are called so."""
    return one != other and one[1:] == other[1:] and one.casefold() == other.casefold()
