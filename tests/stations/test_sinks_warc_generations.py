"""Several generations in one archive: what is unchanged refers to what was answered before."""

from pathlib import Path

import pytest

from crawler.sinks.warc import WarcSink
from crawler.sinks.warc_places import Places
from tests.stations.archives import AT, Judged, answered, exchange, judge, opened, sha1, urls, write
from tests.stations.writing import finished

LATER = AT + 86_400
ASKED = b'GET /%d HTTP/1.1\r\nHost: a.example\r\nIf-None-Match: "a"\r\n\r\n'
SAME = b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n'
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
REFERS_TO = {"WARC-Refers-To", "WARC-Refers-To-Target-URI", "WARC-Refers-To-Date"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def unchanged(number: int, *, at: float = LATER, request: bytes = ASKED, head: bytes = SAME):
    """URL ``number``, which was asked for on a condition, and is as it was."""
    asked = request % number if b"%d" in request else request
    return answered(number, exchange(number, b"", at=at, request=asked, head=head))


def crawled(path: Path, *generations: list, **options: object) -> list[Judged]:
    """The answers in an archive to which a sink of its own has added each of these."""
    for items in generations:
        sink = opened(path, **options)
        write(sink, items)
        sink.close()
    return [record for record in judge(path) if record.kind in {"response", "revisit"}]


# -- 304 -------------------------------------------------------------------------------------------


def test_a_304_refers_to_the_last_answer(path):
    first, second = crawled(path, [answered(1)], [unchanged(1)], part_bytes=1)
    assert (first.kind, second.kind) == ("response", "revisit")
    assert second.fields == {
        "WARC-Type": "revisit",
        "WARC-Record-ID": second.fields["WARC-Record-ID"],
        "WARC-Date": "2024-06-01T16:08:37.123456Z",
        "WARC-Target-URI": "http://a.example/1",
        "WARC-IP-Address": "192.0.2.7",
        "WARC-Protocol": "http/1.1",
        "WARC-Payload-Digest": sha1(b"<p>page 1"),
        "WARC-Profile": NOT_MODIFIED,
        "WARC-Refers-To": first.fields["WARC-Record-ID"],
        "WARC-Refers-To-Target-URI": "http://a.example/1",
        "WARC-Refers-To-Date": first.fields["WARC-Date"],
        "Content-Length": "0",
    }
    assert second.payload == b""
    assert urls(path) == ["http://a.example/1"] * 2
    asked, told = [record for record in judge(path) if record.fields["WARC-Date"] > "2024-06"][-3::2]
    assert asked.fields["WARC-Concurrent-To"] == second.fields["WARC-Record-ID"]
    assert told.fields["WARC-Concurrent-To"] == second.fields["WARC-Record-ID"]


def test_what_was_a_repeat_itself_leads_to_what_that_repeats(path):
    """And a third generation's 304 to the same, not to the 304 before."""
    same = exchange(2, b"<p>page 1")
    answers = crawled(path, [answered(1), answered(2, same)], [unchanged(2)], [unchanged(2, at=LATER + 1)])
    first, repeat, *later = answers
    assert [record.kind for record in answers] == ["response", "revisit", "revisit", "revisit"]
    assert {repeat.fields["WARC-Target-URI"], first.fields["WARC-Target-URI"]} == {
        "http://a.example/1", "http://a.example/2"
    }  # fmt: skip
    for record in later:
        assert record.fields["WARC-Refers-To"] == first.fields["WARC-Record-ID"]
        assert record.fields["WARC-Refers-To-Target-URI"] == "http://a.example/1"
        assert record.fields["WARC-Refers-To-Date"] == first.fields["WARC-Date"]
        assert record.fields["WARC-Payload-Digest"] == sha1(b"<p>page 1")


def test_it_is_the_last_200_that_a_304_speaks_of(path):
    new = answered(1, exchange(1, b"<p>new", at=AT + 9))
    down = answered(1, exchange(1, b"<p>down", at=AT + 10, head=b"HTTP/1.1 503 Busy\r\n\r\n"))
    answers = crawled(path, [answered(1)], [new], [down], [unchanged(1)])
    assert answers[-1].fields["WARC-Refers-To"] == answers[1].fields["WARC-Record-ID"]


@pytest.mark.parametrize("name", [b"If-None-Match", b"if-modified-since", b"IF-NONE-MATCH "])
def test_whoever_asks_for_a_304_is_known_by_either_field(path, name):
    asked = b"GET /1 HTTP/1.1\r\nhost: a.example\r\n" + name + b": x\r\n\r\n"
    answers = crawled(path, [answered(1)], [unchanged(1, request=asked)])
    assert answers[-1].fields["WARC-Profile"] == NOT_MODIFIED


@pytest.mark.parametrize(
    "request_", [b"GET /1 HTTP/1.1\r\n\r\n", b"GET /if-none-match: HTTP/1.1\r\nX: if-none-match: y\r\n\r\n"]
)
def test_a_304_that_nobody_asked_for_is_an_answer_like_any_other(path, request_):
    answers = crawled(path, [answered(1)], [unchanged(1, request=request_)])
    assert answers[-1].kind == "response"
    assert answers[-1].http.get_statuscode() == "304"


def test_where_the_hint_is_lost_the_revisit_stands_alone(path):
    crawled(path, [answered(1)])
    (path.parent / ".archive.urls").unlink()
    alone = crawled(path, [unchanged(1)])[-1]
    assert alone.fields["WARC-Profile"] == NOT_MODIFIED
    assert not REFERS_TO & alone.fields.keys()
    assert "WARC-Payload-Digest" not in alone.fields
    assert urls(path) == ["http://a.example/1"] * 2


@pytest.mark.parametrize(
    "wrong", ["another URL", "its request", "its record", "within a record", "behind the end"]
)
def test_a_hint_is_believed_only_where_the_archive_says_the_same(path, wrong, monkeypatch):
    sink = opened(path)
    before = write(sink, [answered(2)])
    end = write(sink, [answered(1)])
    sink.close()
    positions = member_starts(path)
    at = {
        "another URL": positions[2],
        "its request": before,
        "its record": positions[-1],
        "within a record": positions[-2] + 5,
        "behind the end": end + 1000,
    }[wrong]
    monkeypatch.setattr(Places, "find", lambda *_: [at])
    assert not REFERS_TO & crawled(path, [unchanged(1)])[-1].fields.keys()
    monkeypatch.setattr(Places, "find", lambda *_: [at, positions[-2]])
    assert crawled(path, [unchanged(1)])[-1].fields.keys() >= REFERS_TO


def member_starts(path: Path) -> list[int]:
    """Where each record of an archive in one part begins."""
    from fastwarc.warc import ArchiveIterator

    (part,) = path.iterdir()
    return [record.stream_pos for record in ArchiveIterator(str(part), parse_http=False)]


def test_a_url_that_is_escaped_in_the_archive_is_found_again(path):
    odd = "http://a.example/a b|é"
    first = exchange(1, url=odd)
    last = exchange(1, b"", url=odd, request=ASKED % 1, head=SAME, at=LATER)
    answers = crawled(path, [answered(1, first)], [answered(1, last)])
    assert answers[-1].fields["WARC-Refers-To"] == answers[0].fields["WARC-Record-ID"]
    assert answers[-1].fields["WARC-Refers-To-Target-URI"] == answers[0].fields["WARC-Target-URI"]


# -- the same payload ------------------------------------------------------------------------------


def test_a_payload_that_a_generation_before_had_is_not_stored_again(path):
    body = b"<p>" + bytes(range(256)) * 400
    again = answered(1, exchange(1, body, at=LATER))
    first, second = crawled(path, [answered(1, exchange(1, body))], [again], part_bytes=1)
    assert second.kind == "revisit"
    assert second.fields["WARC-Profile"].endswith("/1.1/revisit/identical-payload-digest")
    assert second.fields["WARC-Refers-To"] == first.fields["WARC-Record-ID"]
    assert second.http.get_statuscode() == "200"


# -- records between two positions -----------------------------------------------------------------

ITEMS = [
    answered(1),
    finished(2),
    answered(3),
    unchanged(1),
    answered(4, exchange(4, b"<p>page 3")),
    finished(5),
]


@pytest.mark.parametrize("part_bytes", [1, 2500, 1_000_000])
def test_what_is_between_two_positions_is_read_and_nothing_before(path, part_bytes):
    sink = opened(path, part_bytes=part_bytes)
    positions = [0, *(write(sink, [item]) for item in ITEMS)]
    for start, begin in enumerate(positions):
        for stop, position in enumerate(positions[start:], start):
            assert list(WarcSink.read(path, position, begin)) == [item.record for item in ITEMS[start:stop]]
        assert list(WarcSink.read(path, None, begin)) == [item.record for item in ITEMS[start:]]
    sink.write([kept for kept in map(WarcSink.keeps, ITEMS) if kept is not None])  # and beside a writer
    assert list(WarcSink.read(path, positions[4], positions[2])) == [item.record for item in ITEMS[2:4]]
    sink.close()
    begin = positions[3]
    for part in sorted(path.iterdir()):  # nothing before that is looked at
        data = part.read_bytes()
        part.write_bytes(bytes(min(begin, len(data))) + data[begin:])
        begin -= min(begin, len(data))
    assert list(WarcSink.read(path, positions[-1], positions[3])) == [item.record for item in ITEMS[3:]]
