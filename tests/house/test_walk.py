"""One URL is followed in an hour: what a crawl of one page enters does not grow."""

from tests.walk import GROUND, in_rooms, size_of, walk

MAX_ENTERED = 294, 57
"""Functions and files of the street's rooms. A few functions are entered by slower crawls only."""
MAX_WITH_PLUMBING = 344, 66


def test_the_walk_of_one_page_stays_short():
    found = walk()
    rooms = in_rooms(found)
    assert "engine/street.py" in rooms
    assert "parse/html.py" in rooms, "the children are not watched"
    for most, entered in ((MAX_ENTERED, rooms), (MAX_WITH_PLUMBING, in_rooms(found, GROUND))):
        functions, files = size_of(entered)
        assert functions <= most[0], "python -m tests.walk prints them"
        assert files <= most[1], "python -m tests.walk prints them"
