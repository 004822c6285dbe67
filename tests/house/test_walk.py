"""One URL is followed in an hour: what a crawl of one page enters does not grow."""

from tests.walk import in_rooms, walk

MAX_FUNCTIONS = 410
MAX_FILES = 69


def test_the_walk_of_one_page_stays_short():
    rooms = in_rooms(walk())
    assert "engine/street.py" in rooms
    assert "parse/html.py" in rooms, "the children are not watched"
    functions = sum(map(len, rooms.values()))
    assert functions <= MAX_FUNCTIONS, "python -m tests.walk prints them"
    assert len(rooms) <= MAX_FILES, "python -m tests.walk prints them"
