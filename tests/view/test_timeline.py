"""The timeline page without a browser: what of a trace is in it, and what is said of what is not."""

import json
import re

import pytest

from crawler.model.errors import OutputError, UsageError
from crawler.trace.recorded import Slice, Where
from crawler.view.timeline.bars import Window, fitting
from crawler.view.timeline.page import page
from crawler.view.timeline.source import Sources
from crawler.view.timeline.target import write
from tests.view_traces import steps, trace


def data_of(text: str) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_every_slice_is_a_bar_in_its_row():
    recorded = trace(30)
    crawl = data_of(page({"out": recorded}))["crawls"][0]
    names = [name for name, *_ in crawl["tracks"]]
    assert names == [*(f"fetch-{n}" for n in range(6)), "page_queue", "commit", "parser-0", "parser-1",
                     "writer-jsonl"]  # fmt: skip
    assert crawl["still"] == len(recorded.tracks) - len(names)
    rows = [name for name, *_, bars in crawl["tracks"] for _ in range(bars)]
    ids = {each: crawl["urls"].index(url) for each, url in recorded.url_of(range(1, 31)).items()}
    shown = set()
    for row, kind, begin, length, about in zip(
        rows, *(crawl["bars"][each] for each in ("kind", "begin", "length", "urls")), strict=True
    ):
        urls = () if about == -1 else (about,) if isinstance(about, int) else tuple(about)
        shown.add((row, crawl["kinds"][kind][0], begin, length, urls))
    assert shown == {
        (recorded.tracks[each.track].name, each.name, round(each.begin * 1e6),
         round((each.end - each.begin) * 1e6), tuple(ids[url] for url in each.urls))
        for each in recorded.slices()
    }  # fmt: skip


def test_workers_stand_along_the_street_and_by_number():
    tracks = data_of(page({"out": trace(200, fetchers=11)}))["crawls"][0]["tracks"]
    names = [name for name, *_ in tracks]
    assert (
        names.index("fetch-2") < names.index("fetch-10") < names.index("page_queue") < names.index("commit")
    )
    assert [process for _, _, process, *_ in tracks][:12] == ["main"] * 12


def test_the_lines_that_ran_go_up_to_the_next_step():
    sources = Sources()
    lines = sources.lines_of(steps()["wait for the answer"])
    assert lines is not None
    function = sources.functions[lines.function]
    assert function.name == "_ask"
    ran = function.text.splitlines()[lines.first - function.first : lines.last - function.first + 1]
    assert "WAIT_FOR_ANSWER" in ran[0]
    assert not any("Activity.READ" in line for line in ran)
    assert "Activity.READ" in function.text.splitlines()[lines.last - function.first + 1]
    assert function.text.startswith("async def"), "without the indentation of its class"


def test_a_function_is_in_the_page_once():
    functions = data_of(page({"one": trace(20), "two": trace(20)}))["functions"]
    assert len({(file, name) for file, name, *_ in functions}) == len(functions) == 5


@pytest.mark.parametrize(
    "where",
    [
        Where("../../../../etc/passwd", "root", 1),
        Where("/etc/passwd", "root", 1),
        Where("fetch/no_such_file.py", "fetch", 1),
        Where("fetch/fetch_task.py", "another_function", 40),
        Where("fetch/fetch_task.py", "fetch_task", 1),
        Where("fetch/fetch_task.py", "fetch_task", 99_999),
        Where("py.typed", "typed", 1),
        Where("", "", 0),
    ],
)
def test_source_that_is_not_there_is_left_out(where):
    sources = Sources()
    assert sources.lines_of(where) is None
    assert sources.functions == []


def test_of_a_long_crawl_its_first_seconds_are_shown():
    long = trace(2_000)
    crawl = data_of(page({"out": long}, max_bars=1_000))["crawls"][0]
    assert 800 < len(crawl["bars"]["kind"]) <= 1_030, "those that reach over its end are whole"
    assert crawl["to"] < long.seconds / 5
    (note,) = crawl["notes"]
    assert note.startswith(
        f"Shown are the seconds 0.000 to {crawl['to']:.3f} of {long.seconds:.3f}: more bars"
    )


def test_several_crawls_share_what_a_page_can_show():
    crawls = data_of(page({"one": trace(500), "two": trace(500)}, max_bars=1_000))["crawls"]
    assert all(400 < len(crawl["bars"]["kind"]) < 530 for crawl in crawls)


def test_the_seconds_that_are_asked_for_are_shown():
    crawl = data_of(page({"out": trace(200)}, Window(0.1, 0.2)))["crawls"][0]
    ends = [
        begin + length for begin, length in zip(crawl["bars"]["begin"], crawl["bars"]["length"], strict=True)
    ]
    assert (crawl["from"], crawl["to"]) == (0.1, 0.2)
    assert min(ends) >= 100_000 > min(crawl["bars"]["begin"]), "what began before and goes on is there, too"
    assert max(crawl["bars"]["begin"]) <= 200_000
    assert crawl["notes"] == [f"Shown are the seconds 0.100 to 0.200 of {trace(200).seconds:.3f}."]


def test_seconds_after_the_end_are_refused():
    with pytest.raises(UsageError, match=r"^--seconds: the crawl was traced for 0\.\d+ s, and 5 is after$"):
        page({"out": trace(10)}, Window(5, 6))


def test_all_at_one_moment_still_shows_something():
    slices = [Slice(1, "read", 0.0, 0.0, False)] * 50
    assert fitting(trace(1, slices=lambda: iter(slices), seconds=0.0), Window(), 10).end >= 0


def test_a_trace_that_is_cut_off_says_so():
    notes = data_of(page({"out": trace(10, is_cut_off=True)}))["crawls"][0]["notes"]
    assert notes == ["The trace is cut off: the crawl still runs, or was killed. What is there is shown."]


def test_an_empty_trace_is_a_page_too():
    empty = trace(0, slices=lambda: iter(()), seconds=0.0, tracks={}, counters={})
    assert data_of(page({"out": empty}))["crawls"][0]["tracks"] == []


def test_another_version_is_said():
    notes = data_of(page({"out": trace(5, meta={"version": "0.0.1"})}))["crawls"][0]["notes"]
    assert notes[0].startswith("Recorded by version 0.0.1; the source shown is that of version ")


def test_urls_and_names_cannot_leave_their_place():
    evil = "</script><script>alert(1)</script>{{script}}<!--"
    text = page({evil: trace(3, url_of=lambda ids: dict.fromkeys(ids, evil + "x" * 500))})
    assert "<script>alert" not in text
    crawl = data_of(text)["crawls"][0]
    assert crawl["name"] == evil
    assert crawl["urls"][0].startswith(evil)
    assert len(crawl["urls"][0]) == 200, "long ones are shortened in the middle"


def test_a_url_that_the_trace_does_not_name_is_no_error():
    assert set(data_of(page({"out": trace(3, url_of=lambda ids: {})}))["crawls"][0]["urls"]) == {None}


def test_a_file_that_cannot_be_written_is_said(tmp_path):
    with pytest.raises(OutputError, match=r"line\.html: the timeline cannot be written: No such file"):
        write("<p>", tmp_path / "nowhere" / "line.html")
    write("<p>one", tmp_path / "line.html")
    write("<p>\udc80", tmp_path / "line.html")
    assert (tmp_path / "line.html").read_bytes() == b"<p>\\udc80"
    assert [path.name for path in tmp_path.iterdir()] == ["line.html"]


def test_a_hundred_thousand_bars_are_a_file_of_a_few_megabytes():
    text = page({"out": trace(16_000, fetchers=32, parsers=4)})
    crawl = data_of(text)["crawls"][0]
    assert 90_000 < len(crawl["bars"]["kind"]) <= 100_100
    assert len(text.encode()) < 6_000_000
