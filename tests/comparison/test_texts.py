"""Texts as unified diffs: readable, and bounded whatever a page holds."""

import difflib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.comparison.texts import MOST_SHOWN, unified

SENTENCES = "One is here. Two is there. Three is gone. Four is left. Five is right. Six is up."


def test_a_sentence_that_changed_stands_between_its_neighbours():
    lines, note = unified(SENTENCES, SENTENCES.replace("Four is left", "Four is lost"))
    assert lines == (
        "@@ -3,3 +3,3 @@",
        " Three is gone.",
        "-Four is left.",
        "+Four is lost.",
        " Five is right.",
    )
    assert note is None


def test_hunks_are_counted_as_diff_does():
    ones = [f"Sentence {number} of a text." for number in range(40)]
    others = [*ones[:3], "New.", *ones[3:20], *ones[21:30], "Other.", *ones[31:]]
    lines, _ = unified(" ".join(ones), " ".join(others))
    assert list(lines) == list(difflib.unified_diff(ones, others, lineterm="", n=1))[2:]


def test_a_word_in_a_text_without_sentences_changes_few_lines():
    words = [f"item{number * number}" for number in range(500)]
    lines, _ = unified(" ".join(words), " ".join([*words[:250], "more", *words[250:]]))
    assert 1 <= sum(line.startswith("+") for line in lines) <= 3


def test_text_without_blanks_is_parted_too():
    text = "今天是星期六。明天是星期天。后天是星期一。"
    lines, _ = unified(text, text.replace("星期天", "假期"))
    assert "-明天是星期天。" in lines
    assert "+明天是假期。" in lines
    long = "x" * 10_000
    lines, _ = unified(long, long[:5_000] + "y" + long[5_000:])
    assert sum(map(len, lines)) < 15_000


@pytest.mark.parametrize("how", ["other", "shuffled", "repeated"])
def test_five_megabytes_take_no_time(how):
    words = [f"word{number % 5_000}" for number in range(600_000)]
    old = " ".join(words)
    new = {
        "other": " ".join(f"term{number % 4_999}" for number in range(600_000)),
        "shuffled": " ".join(reversed(words)),
        "repeated": "again and. " * 400_000,
    }[how]
    began = time.process_time()
    lines, note = unified(old, new)
    assert time.process_time() - began < 8
    assert len(lines) == MOST_SHOWN
    assert "cut off" in note


def test_that_it_was_cut_is_said_even_where_nothing_is_shown():
    same = "The same. " * 200_000
    lines, note = unified(same + "Old.", same + "New.")
    assert lines == ()
    assert "1,000,000 characters" in note


@given(st.text(), st.text())
def test_any_two_texts(old, new):
    lines, _ = unified(old, new)
    assert bool(lines) <= (old != new)
    assert all(line[0] in " +-@" for line in lines)


@given(
    st.lists(st.sampled_from(["a.", "b.", "c.", "d."])), st.lists(st.sampled_from(["a.", "b.", "c.", "d."]))
)
def test_the_diff_leads_from_one_to_the_other(old, new):
    lines, _ = unified(" ".join(old), " ".join(new))
    change = len(new) - len(old)
    assert sum(line[0] == "+" for line in lines) - sum(line[0] == "-" for line in lines) == change
    assert bool(lines) == (old != new)
