import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.rules.srcset import Candidate, candidates


def urls(value: str) -> list[str]:
    return [candidate.url for candidate in candidates(value)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", []),
        (" ,\t, ", []),
        ("a", ["a"]),
        ("a,", ["a"]),
        (",a", ["a"]),
        ("a, b", ["a", "b"]),
        ("a,b", ["a,b"]),
        ("a,, b", ["a", "b"]),
        ("a,b, c", ["a,b", "c"]),
        ("data:,a ( , data:,b 1x, ), data:,c", ["data:,c"]),
        ("data:image/png;base64,AA== 1x, b 2x", ["data:image/png;base64,AA==", "b"]),
        ("a 1x,b 2x", ["a", "b"]),
        ("a 1x\n,\r\tb\f2x", ["a", "b"]),
        ("a 1x , b", ["a", "b"]),
        ("a 100w, b 200w", ["a", "b"]),
        ("a 100w 50h, b 50h 100w", ["a", "b"]),
        ("a 100w50h, b", ["b"]),
        ("a\vb", ["a\vb"]),
        ("a\u00a01x", ["a\u00a01x"]),
        ("a (b, c) , d", ["d"]),
        ("a (, b", []),
        ("a 1x(, b), c", ["c"]),
        ("a,(b, c", ["a,(b", "c"]),
        ("a)b 1x", ["a)b"]),
    ],
)
def test_urls_end_where_the_standard_says(value, expected):
    assert urls(value) == expected


@pytest.mark.parametrize(
    "descriptor",
    ["1x", "0x", "1.5x", ".5x", "1e3x", "1E-3x", "-0x", "-0.0x", "-.0e1x", "1w", "007w", "1w 1h", "1h 1w"],
)
def test_a_valid_descriptor_keeps_the_candidate(descriptor):
    assert urls(f"a {descriptor}") == ["a"]


@pytest.mark.parametrize(
    "descriptor",
    [
        "0w",
        "00w",
        "-1w",
        "1.0w",
        "+1w",
        "w",
        "x",
        "1",
        "1h",
        "0h 1w",
        "-1x",
        "-.1x",
        "+1x",
        "1.x",
        "1ex",
        "1X",
        "1W",
        "1w 2w",
        "1w 1x",
        "1x 1w",
        "1x 1x",
        "1x 1h",
        "1h 1x",
        "1h 1h",
        "1w 1h 1h",
        "foo",
        "1x foo",
        "(1x)",
        "1x ()",
        "١w",
    ],
)
def test_a_wrong_descriptor_drops_the_candidate(descriptor):
    assert urls(f"a {descriptor}, b") == ["b"]


def test_each_url_has_its_offset():
    value = " a.png 1x,\n ,b,c.png, d.png 2x"
    assert candidates(value) == [Candidate(1, "a.png"), Candidate(13, "b,c.png"), Candidate(22, "d.png")]
    assert all(value.startswith(url, offset) for offset, url in candidates(value))


def by_the_letter(value: str) -> list[tuple[int, str, list[str]]]:
    """The standard's splitting loop and descriptor tokenizer, state by state."""
    found, position = [], 0
    while True:
        while position < len(value) and value[position] in "\t\n\f\r ,":
            position += 1
        if position == len(value):
            return found
        begin = position
        while position < len(value) and value[position] not in "\t\n\f\r ":
            position += 1
        url, descriptors, current, state = value[begin:position], [], "", "in descriptor"
        while not url.endswith(","):
            character = value[position] if position < len(value) else None
            if state == "after descriptor" and character is not None and character not in "\t\n\f\r ":
                state = "in descriptor"
            if character is None or (character == "," and state == "in descriptor"):
                descriptors += [current] * bool(current)
                position += character is not None
                break
            position += 1
            if character in "\t\n\f\r " and state != "in parens":
                descriptors += [current] * bool(current)
                current, state = "", "after descriptor"
                continue
            current += character
            if character in "()":
                state = "in parens" if character == "(" else "in descriptor"
        found.append((begin, url.rstrip(","), descriptors))


GOOD = ([], ["1x"], ["2w"], ["2w", "3h"], ["3h", "2w"])


@given(
    st.text(st.sampled_from("ab,, ()\t"))
    | st.lists(st.sampled_from(["a", ",", " ", "(", ")", "1x", "2w", "3h"])).map("".join)
)
def test_any_value_is_split_as_the_standard_does(value):
    expected = [(offset, url) for offset, url, descriptors in by_the_letter(value) if descriptors in GOOD]
    assert candidates(value) == expected


@pytest.mark.parametrize(
    "unit", [",", " ", "a", "a ", "a,", "a, ", "(", "a (", "a ()", "a 1x,", "1", "a 1w ", "(,)"]
)
def test_a_hostile_value_takes_no_longer_than_it_is(unit):
    begun = time.process_time()
    candidates("a " + unit * (200_000 // len(unit)))
    assert time.process_time() - begun < 3
