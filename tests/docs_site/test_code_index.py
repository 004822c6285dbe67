"""The index of the code: whole sentences, as prose, and every file."""

import re

import pytest

from docs.site_code import code_index, first_sentence
from docs.site_pages import sources


@pytest.mark.parametrize(
    ("docstring", "sentence"),
    [
        ("One thing: and what it is for. Another.", "One thing: and what it is for."),
        ("As RFC 9309. In: a body.", "As RFC 9309."),
        ("As RFC 9309 says it. In: a body.", "As RFC 9309 says it."),
        ("Names, e.g. these (i.e. all of them). More.", "Names, e.g. these (i.e. all of them)."),
        ("Is it so? Yes.", "Is it so?"),
        ("On two\nlines. More.", "On two lines."),
        ("Without a stop\n\nA paragraph of its own.", "Without a stop"),
        ("Since Python 3.11 only. More.", "Since Python 3.11 only."),
        ("Of ``docs/a. b.md``, as it is. More.", "Of `docs/a. b.md`, as it is."),
        ("What ends with ``code``. More.", "What ends with `code`."),
        ("``main()`` ends, and (``x.y``). More.", "`main()` ends, and (`x.y`)."),
        ("For :class:`~crawler.model.Page` and :mod:`csv`.", "For `crawler.model.Page` and `csv`."),
        ("For *args, <b> and [x].", r"For \*args, \<b> and \[x]."),
        ("It says ``*``.", "It says `*`."),
        ("", ""),
    ],
)
def test_the_first_sentence_is_whole_and_prose(docstring: str, sentence: str):
    assert first_sentence(docstring) == sentence


def test_every_file_says_a_whole_sentence_or_nothing():
    lines = [line for line in code_index(sources()).splitlines() if line.startswith("- ")]
    said = [re.sub(r"^- \[.*?\]\(.*?\) ?", "", line) for line in lines]
    assert len(lines) > 500
    assert [one for one in said if one and not re.search(r"[.?!][`)\"']*$", one)] == []
    assert not [one for one in said if re.search(r"``|:\w+:`", one)]


def test_each_folder_is_named_once_leads_to_what_it_says_of_itself_and_says_it():
    names = [
        "crawler/rules/urls.py",
        "crawler/__init__.py",
        "examples/ladder/page.py",
        "crawler/rules/__init__.py",
    ]
    _, *rooms = re.split(r"^## ", code_index(names), flags=re.MULTILINE)
    crawler, rules, ladder = (room.splitlines() for room in rooms)
    assert crawler[0] == "[crawler/](crawler/__init__.py.md)"
    assert crawler[2] == "crawler: an asyncio-first web crawler."
    assert rules[0] == "[crawler/rules/](crawler/rules/__init__.py.md)"
    assert rules[2].startswith("Floor 1: ")
    assert rules[4].startswith("- [urls.py](crawler/rules/urls.py.md) ")
    assert ladder[0] == "examples/ladder/"


def test_names_with_underscores_are_shown_as_they_are():
    assert r"[\_\_main\_\_.py](crawler/__main__.py.md)" in code_index(["crawler/__main__.py"])
