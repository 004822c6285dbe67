"""The drawings tell the truth: nothing is drawn that does not start, and nothing that starts is left out."""

import copy
import html
import json
import re
from itertools import pairwise
from typing import Any

import pytest

from docs import DOCS, ROOT, make_drawings
from docs.drawing import processes, street, street_parts
from docs.drawing.kept import DRAWINGS, STARTED, Kept, kept
from docs.drawing.svg import NARROW, WIDE, width_of, wrapped
from docs.drawing.words import PURPOSES
from docs.make_map import docstring
from tests import what_starts

PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def changed(**more: Any) -> Kept:
    """What is kept, with one thread, coroutine or process more."""
    seen = json.loads(STARTED.read_text(encoding="utf-8"))
    row = {"kind": "thread", "process": "MainProcess", "thread": "", "name": "new", "file": "new_thread.py"}
    seen["started"].append(row | more)
    return Kept(seen)


def without(name: str) -> Kept:
    seen = copy.deepcopy(json.loads(STARTED.read_text(encoding="utf-8")))
    seen["started"] = [row for row in seen["started"] if row["name"] != name]
    return Kept(seen)


def plain(svg: str) -> str:
    """All that is written in it, its lines joined."""
    lines = re.findall(r"<text [^>]*>([^<]*)</text>", svg)
    return re.sub(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])", "", html.unescape(" ".join(lines)))


def names_in(svg: str) -> list[str]:
    """What is written in it as in the code, in its order, without how many there are."""
    found = re.findall(r'<text [^>]*class="mono strong"[^>]*>([^<]*)</text>', svg)
    return [re.sub(r" × \d+$", "", html.unescape(name)) for name in found]


def test_what_is_drawn_is_what_a_crawl_starts():
    """Both ways: after a change run ``python -m docs.make_drawings``."""
    seen, known = what_starts.seen(), json.loads(STARTED.read_text(encoding="utf-8"))
    for key in known:
        if isinstance(known[key], list):
            now, then = ({json.dumps(row, sort_keys=True) for row in one[key]} for one in (seen, known))
            assert now - then == set(), f"{key} that are not drawn"
            assert then - now == set(), f"{key} that are drawn, and there are none"
    assert seen == known


def test_the_drawings_are_current():
    now = dict(make_drawings.drawn())
    then = {path.name: path.read_text(encoding="utf-8") for path in DRAWINGS.glob("*.svg")}
    assert then == now, "run python -m docs"


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("language", make_drawings.LANGUAGES)
def test_who_runs_what_is_drawn_whole(width: int, language: str):
    svg = processes.draw(kept(), width, language)
    text = html.unescape(re.sub(r"<[^>]+>", " ", svg))
    titles = {"live page", *(row["name"] for row in kept().of("process", "MainProcess"))}
    expected = [row["name"] for row in kept().started if row["name"] not in titles]
    expected += [file["name"] for file in kept().files]
    assert sorted(names_in(svg)) == sorted(expected)
    assert all(title in text for title in titles)


def test_a_thread_that_nobody_has_described_is_not_drawn_in_silence():
    with pytest.raises(KeyError, match="new"):
        processes.draw(changed())
    for process in ("ForkServerProcess-N", "writer-SINK"):
        with pytest.raises(KeyError, match="new"):
            processes.draw(changed(process=process))
    with pytest.raises(KeyError, match="new"):
        processes.draw(changed(kind="coroutine", thread="MainThread"))


def test_who_writes_a_pipe_is_known_and_not_made_up():
    """A crawl this short sends no ping: the drawing names the thread whose code would."""
    assert "from FILE events to pings: pings" in plain(processes.draw(kept()))
    assert kept().named("FILE events")["file"] == "write/writer_thread.py"
    assert 'send(b"ping")' in (ROOT / "crawler/write/writer_thread.py").read_text(encoding="utf-8")
    seen = json.loads(STARTED.read_text(encoding="utf-8"))
    for pipe in seen["pipes"]:
        if pipe["read_by"] == "parse_N":
            pipe["written_by"] = []
    with pytest.raises(LookupError, match="parse_N"):
        processes.draw(Kept(seen))


def test_a_chinese_drawing_has_chinese_sentences():
    said = plain(processes.draw(kept(), language="zh"))
    assert "从它的主线程到 FILE events：" in said
    assert "once more" not in said


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("language", make_drawings.LANGUAGES)
def test_no_arrow_leads_through_a_box_or_along_its_side(width: int, language: str):
    svg = street.draw(kept(), width, language)
    boxes = [
        tuple(map(float, found))
        for found in re.findall(
            r'<rect x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)" rx="\S+" class="(?!back|\S+frame)', svg
        )
        if float(found[3]) > 12  # and no sign
    ]
    arrows = re.findall(r'<polyline points="([^"]+)"', svg)
    assert len(boxes) > 4
    assert len(arrows) > 3
    for arrow in arrows:
        for x, y in along(arrow)[4:-4]:  # its ends touch what it joins
            for left, top, wide, high in boxes:
                through = left - 2 < x < left + wide + 2 and top - 2 < y < top + high + 2
                assert not through, f"{arrow} leads through the box at {left}, {top}"


def along(arrow: str) -> list[tuple[float, float]]:
    """Points on it, a pixel apart."""
    corners = [tuple(map(float, corner.split(","))) for corner in arrow.split()]
    found = []
    for (x, y), (to_x, to_y) in pairwise(corners):
        steps = max(1, round(max(abs(to_x - x), abs(to_y - y))))
        found += [(x + (to_x - x) * n / steps, y + (to_y - y) * n / steps) for n in range(steps)]
    return found


def test_a_thread_with_an_event_loop_of_its_own_is_drawn_or_refused():
    with pytest.raises(LookupError, match="new"):
        processes.draw(changed(kind="coroutine", thread="new"))


@pytest.mark.parametrize("gone", ["look-up", "parse_N", "writer-SINK", "fetch_task", "FILE events"])
def test_what_does_not_start_is_not_drawn(gone: str):
    with pytest.raises(LookupError, match=gone):
        street.draw(without(gone))


def test_every_description_is_of_something_that_starts():
    assert set(PURPOSES) == {(row["process"], row["name"]) for row in kept().started}


def test_the_street_is_drawn_as_the_headers_of_its_stations_say():
    """In their order, each in a box of coroutines, with what its header says that it takes from."""
    say = {key: words[0] for key, words in street_parts.WORDS.items()}
    rows = street_parts.rows(kept(), say)[1:]
    for number, (name, parts, _) in enumerate(rows, 1):
        row = next(row for row in kept().started if row["name"] == parts[0].names[0].split(" ")[0])
        header = docstring(ROOT / "crawler" / row["file"])
        assert header.startswith(f"Station {number} of 4, {name}.")
        assert parts[0].model == row["kind"] == "coroutine"
        if number > 1:
            assert f"from {rows[number - 2][2]}." in header
    assert len(rows) == 4


def test_every_picture_on_a_page_has_a_narrow_form():
    shown = [(page, line) for page in PAGES for line in page.read_text(encoding="utf-8").splitlines()]
    bare = [(page.name, line) for page, line in shown if re.search(r"!\[[^\]]*\]\([^)]*\.(svg|png)\)", line)]
    assert bare == []
    for page, line in shown:
        if match := re.match(r'<(?:img|source) .*?(?:src|srcset)="([^"]+)"', line):
            assert (page.parent / match[1]).is_file(), f"{page.name} shows {match[1]}"


def test_no_drawing_is_made_of_letters():
    """A telephone cuts it off. (In docstrings it stays: there it is code.)"""
    drawn = [
        f"{page.name}: {line}"
        for page in PAGES
        for whole in page.read_text(encoding="utf-8").splitlines()
        for line in [re.sub("<summary>.*</summary>|</pre>.*|<.*?>", "", whole)]
        if re.search("[┌│└┐┘├┤▶◀▲▼]|──[─▶]", line) and len(line) > 42
    ]
    assert drawn == []


def test_text_is_wrapped_in_both_languages_and_no_line_begins_with_a_comma():
    for said in (
        "what to fetch next, and when it may be asked for",
        "下一个抓谁，什么时候抓，由它决定；说到做到。",
    ):
        lines = wrapped(said, 90)
        assert len(lines) > 1
        assert max(map(width_of, lines)) <= 90 + 13, "a comma may stand out"
        assert not [line for line in lines if line[0] in "，；。"]
        assert "".join(lines).replace(" ", "") == said.replace(" ", "")
