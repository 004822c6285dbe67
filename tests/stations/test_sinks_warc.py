"""What an archive says: read by warcio and fastwarc, which had no part in writing it."""

import base64
import gzip
import hashlib
import json
import random
import tracemalloc
import uuid
import zlib
from pathlib import Path

import pytest

from crawler.model.outcomes import Purpose
from crawler.model.version import VERSION
from crawler.sinks import warc_records
from crawler.sinks.warc import WarcSink
from crawler.sinks.warc_places import Places
from tests.stations.archives import AT, HEAD, REQUEST, answered, exchange, judge, opened, sha1, write, written
from tests.stations.writing import finished


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def kinds(records) -> list[str]:
    return [record.kind for record in records]


# -- the records of one URL ------------------------------------------------------------------------


def test_a_url_has_a_request_an_answer_and_its_record(path):
    info, asked, answer, told = written(path, answered(3, exchange(3, b"<p>hello")))
    assert kinds([info, asked, answer, told]) == ["warcinfo", "request", "response", "metadata"]
    own = answer.fields["WARC-Record-ID"]
    for record in (asked, answer, told):
        assert record.fields["WARC-Date"] == "2024-05-31T16:08:40.123456Z"
        assert record.fields["WARC-Target-URI"] == "http://a.example/3"
    for record in (asked, answer):
        assert record.fields["WARC-IP-Address"] == "192.0.2.7"
        assert record.fields["WARC-Protocol"] == "http/1.1"
    assert asked.fields["WARC-Concurrent-To"] == told.fields["WARC-Concurrent-To"] == own
    assert asked.fields["Content-Type"] == "application/http;msgtype=request"
    assert answer.fields["Content-Type"] == "application/http;msgtype=response"
    assert answer.payload == b"<p>hello"
    assert answer.fields["WARC-Payload-Digest"] == sha1(b"<p>hello")
    assert answer.fields["WARC-Block-Digest"] == sha1(HEAD + b"<p>hello")
    assert asked.fields["WARC-Block-Digest"] == sha1(REQUEST % 3)
    assert told.payload == b"crawler-record: " + finished(3).record + b"\r\n"
    ids = {record.fields["WARC-Record-ID"] for record in (info, asked, answer, told)}
    assert len(ids) == 4
    assert all(one.startswith("<urn:uuid:") for one in ids)


def test_every_record_is_a_gzip_member_of_its_own(path):
    written(path, answered(1), answered(2))
    left, members = (path / "crawl-00001.warc.gz").read_bytes(), []
    while left:
        member = zlib.decompressobj(31)
        members.append(member.decompress(left))
        assert member.eof
        left = member.unused_data
    assert [member.splitlines()[1].split(b": ")[1].decode() for member in members] == [
        "warcinfo", *["request", "response", "metadata"] * 2
    ]  # fmt: skip
    assert members[2].startswith(b"WARC/1.1\r\n")
    assert all(member.count(b"WARC/1.1\r\n") == 1 for member in members[1:])


def test_a_url_without_an_answer_is_told_and_nothing_made_up(path):
    """Robots, DNS, a refused connection: there was no exchange, so there is neither request nor answer."""
    records = written(path, finished(3))
    assert kinds(records) == ["warcinfo", "metadata"]
    assert "WARC-Concurrent-To" not in records[1].fields
    assert b"http-header-user-agent" not in records[0].payload


def test_all_hops_within_one_url_are_kept_and_its_record_belongs_to_the_last(path):
    first = exchange(3, b"", head=b"HTTP/1.1 302 Found\r\nLocation: /4\r\nSet-Cookie: a=1\r\n\r\n")
    _, _, hop, _, answer, told = written(path, answered(3, first, exchange(4)))
    assert [hop.fields["WARC-Target-URI"], answer.fields["WARC-Target-URI"]] == [first.url, exchange(4).url]
    assert hop.http.get_statuscode() == "302"
    assert told.fields["WARC-Concurrent-To"] == answer.fields["WARC-Record-ID"]


@pytest.mark.parametrize("purpose", Purpose)
def test_what_is_no_page_is_archived_and_not_given_back(path, purpose):
    records = written(path, answered(1, purpose=purpose))
    is_page = purpose in (Purpose.PAGE, Purpose.SITEMAP)
    assert kinds(records) == ["warcinfo", "request", "response", *["metadata"] * is_page]
    assert list(WarcSink.read(path)) == [finished(1).record] * is_page


def test_a_part_says_by_whom_it_is(path):
    info = written(path, answered(1))[0]
    assert info.fields["WARC-Filename"] == "crawl-00001.warc.gz"
    assert info.payload.decode().splitlines() == [
        f"software: crawler/{VERSION}",
        "format: WARC File Format 1.1",
        "conformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "crawler-position: 0",
        "http-header-user-agent: probe/7 (+http://a.example/)",
    ]


# -- heads -----------------------------------------------------------------------------------------


def test_a_head_is_kept_as_it_came(path):
    """8-bit text, no UTF-8 at all, repeats, order, odd case and blanks."""
    head = (
        b"HTTP/1.1 200 \xc3\x9cber\r\nx-B: 1\r\nX-a:  \xff\xfe\t\r\nServer: gr\xfc\xdfe\r\nx-B: 2\r\n"
        b"Content-Length: 8\r\nETag: \"\xe6\x97\xa5\"\r\n\r\n"
    )  # fmt: skip
    written(path, answered(1, exchange(1, head=head)))
    plain = gzip.decompress((path / "crawl-00001.warc.gz").read_bytes())
    assert b"\r\n\r\n" + head + b"<p>hello\r\n\r\nWARC/1.1" in plain


@pytest.mark.parametrize("name", ["Transfer-Encoding", "transfer-encoding", "TRANSFER-Encoding"])
@pytest.mark.parametrize("rest", [": chunked", ":chunked", " : gzip, chunked"])
def test_transfer_encoding_is_undone_and_renamed(path, name, rest):
    """Readers look for chunks where it stands, and the payload has none any more."""
    before, after = (
        "HTTP/1.1 200 OK\r\nX-Transfer-Encoding: a\r\n",
        "\r\nTrailer: Transfer-Encoding: b\r\n\r\n",
    )
    head = f"{before}{name}{rest}{after}".encode()
    body = b"5\r\nhello\r\n0\r\n\r\n"  # a page that says what chunks look like
    answer = written(path, answered(1, exchange(1, body, head=head)))[2]
    wanted = f"{before}X-Archive-Orig-{name}{rest}{after}".encode()
    assert answer.payload == body
    assert answer.fields["WARC-Payload-Digest"] == sha1(body)
    assert answer.fields["WARC-Block-Digest"] == sha1(wanted + body)
    assert answer.http.get_header("Content-Length") is None
    assert answer.http.get_header("Transfer-Encoding") is None


def test_a_coded_body_is_kept_coded(path):
    body = gzip.compress(b"<p>hello" * 100)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
    answer = written(path, answered(1, exchange(1, body, head=head)))[2]
    assert answer.payload == body
    assert answer.fields["WARC-Payload-Digest"] == sha1(body)


@pytest.mark.parametrize(
    ("protocol", "url", "told"),
    [
        ("HTTP/1.0", "http://a.example/", "http/1.0"),
        ("HTTP/1.1", "https://a.example/", "http/1.1"),
        ("HTTP/2", "https://a.example/", "h2"),
        ("HTTP/2", "http://a.example/", "h2c"),
    ],
)
def test_the_protocol_is_told_beside_the_head(path, protocol, url, told):
    records = written(path, answered(1, exchange(1, protocol=protocol, url=url)))
    assert [record.fields["WARC-Protocol"] for record in records[1:3]] == [told, told]
    assert records[2].http.protocol == "HTTP/1.1"


@pytest.mark.parametrize(
    ("address", "told"),
    [("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::1"), ("fe80::1%eth0", "fe80::1"), (None, None)],
)
def test_the_address_is_one_or_none(path, address, told):
    records = written(path, answered(1, exchange(1, address=address)))
    assert [record.fields.get("WARC-IP-Address") for record in records[1:3]] == [told, told]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://a.example/a b", "http://a.example/a%20b"),
        ("http://a.example/ü?日", "http://a.example/%C3%BC?%E6%97%A5"),
        ("http://a.example/\r\nWARC-Type: response", "http://a.example/%0D%0AWARC-Type:%20response"),
        ("http://a.example/%C3%BC|%20", "http://a.example/%C3%BC|%20"),
    ],
)
def test_a_target_is_always_a_uri(path, url, told):
    records = written(path, answered(1, exchange(1, url=url)))
    assert [record.fields["WARC-Target-URI"] for record in records[1:3]] == [told, told]


@pytest.mark.parametrize("status", [b"200 OK", b"204 No Content", b"304 Not Modified", b"301 Moved"])
def test_an_answer_without_a_body_is_an_answer(path, status):
    """It is never taken for a repeat: nothing is the same as nothing."""
    head = b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n"
    records = written(path, *(answered(n, exchange(n, b"", head=head)) for n in (1, 2)))
    answers = [record for record in records if record.kind in {"response", "revisit"}]
    assert kinds(answers) == ["response", "response"]
    assert [record.fields["WARC-Payload-Digest"] for record in answers] == [sha1(b"")] * 2
    assert [record.payload for record in answers] == [b"", b""]


@pytest.mark.parametrize("cut", ["length", "time", "disconnect", "unspecified"])
def test_what_was_cut_off_says_so_and_is_like_nothing_else(path, cut):
    """Nobody knows how it would have gone on, so the same beginning makes no repeat of it."""
    answers = [answered(n, exchange(n, b"<p>begins", cut=cut if n < 3 else None)) for n in (1, 2, 3, 4)]
    found = [record for record in written(path, *answers) if record.kind in {"response", "revisit"}]
    assert kinds(found) == ["response", "response", "response", "revisit"]
    assert [record.fields.get("WARC-Truncated") for record in found[:3]] == [cut, cut, None]
    assert found[3].fields["WARC-Refers-To"] == found[2].fields["WARC-Record-ID"]


# -- repeats ---------------------------------------------------------------------------------------


def answers_of(records):
    return [record for record in records if record.kind in {"response", "revisit"}]


def test_a_payload_is_stored_once(path):
    other = b"HTTP/1.1 404 Not Found\r\nX: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
    first, second = answers_of(
        written(path, answered(1, exchange(1, b"same")), answered(2, exchange(2, b"same", head=other)))
    )
    assert (first.kind, second.kind) == ("response", "revisit")
    kept = other.replace(b"Transfer", b"X-Archive-Orig-Transfer")
    assert {key: value for key, value in second.fields.items() if key != "WARC-Record-ID"} == {
        "WARC-Type": "revisit",
        "WARC-Date": "2024-05-31T16:08:39.123456Z",
        "WARC-Target-URI": "http://a.example/2",
        "WARC-IP-Address": "192.0.2.7",
        "WARC-Protocol": "http/1.1",
        "WARC-Truncated": "length",
        "WARC-Payload-Digest": sha1(b"same"),
        "WARC-Block-Digest": sha1(kept),
        "WARC-Profile": "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
        "WARC-Refers-To": first.fields["WARC-Record-ID"],
        "WARC-Refers-To-Target-URI": "http://a.example/1",
        "WARC-Refers-To-Date": "2024-05-31T16:08:38.123456Z",
        "Content-Type": "application/http;msgtype=response",
        "Content-Length": str(len(kept)),
    }
    assert second.http.get_statuscode() == "404"
    assert second.payload == b""


def test_a_repeat_is_known_after_a_resume_and_in_a_later_part(path):
    written(path, answered(1, exchange(1, b"same")), part_bytes=1)
    first, second = answers_of(written(path, answered(2, exchange(2, b"same")), part_bytes=1))
    assert second.fields["WARC-Refers-To"] == first.fields["WARC-Record-ID"]
    assert (path / "crawl-00002.warc.gz").exists()


def test_what_was_cut_off_the_archive_is_never_referred_to(path):
    """Killed between the archive's sync and its commit: the table of payloads knows what is gone."""
    sink = opened(path)
    position = write(sink, [answered(1)])
    write(sink, [answered(2, exchange(2, b"same")), answered(3)])
    sink.close()
    sink = opened(path, position)
    write(sink, [answered(4, exchange(4, b"same")), answered(5, exchange(5, b"same"))])
    sink.close()
    _, first, second = answers_of(judge(path))
    assert (first.kind, second.kind) == ("response", "revisit")
    assert second.fields["WARC-Refers-To"] == first.fields["WARC-Record-ID"]


@pytest.mark.parametrize("damage", ["removed", "zeros", "noise", "short", "of another archive"])
def test_the_table_of_payloads_is_only_a_hint(path, tmp_path, damage):
    same = [answered(n, exchange(n, b"same")) for n in (1, 2)]
    written(path, answered(9), *same)
    table = tmp_path / ".archive.payloads"
    data = table.read_bytes()
    if damage == "removed":
        table.unlink()
    elif damage == "of another archive":
        written(tmp_path / "other" if (tmp_path / "other").mkdir() else tmp_path / "other" / "archive", *same)
        table.write_bytes((tmp_path / "other" / ".archive.payloads").read_bytes())
    else:
        noise = random.Random(5).randbytes(len(data))
        table.write_bytes({"zeros": bytes(len(data)), "noise": noise, "short": data[:-3]}[damage])
    sink = opened(path)
    write(sink, [answered(3, exchange(3, b"same")), answered(4, exchange(4, b"same"))])
    sink.close()
    by_id = {record.fields["WARC-Record-ID"]: record for record in judge(path)}
    found = answers_of(by_id.values())
    assert [record.fields["WARC-Payload-Digest"] for record in found[1:]] == [sha1(b"same")] * 4
    for record in found:
        if record.kind == "revisit":
            assert by_id[record.fields["WARC-Refers-To"]].payload == b"same"
    assert found[-1].kind == "revisit"


@pytest.mark.parametrize("number", range(7))
def test_the_table_is_not_believed_where_another_record_is(path, number):
    """The warcinfo, a request, an answer with another payload, a metadata record: none is what was seen."""
    written(path, answered(1, exchange(1, b"one")), answered(2, exchange(2, b"two")))
    data, places = (path / "crawl-00001.warc.gz").read_bytes(), [0]
    while left := data[places[-1] :]:
        member = zlib.decompressobj(31)
        member.decompress(left)
        places.append(len(data) - len(member.unused_data))
    assert len(places) == 8
    table = Places(path.with_name(".archive.payloads"))
    table.put(hashlib.sha1(b"same").digest(), places[number])
    table.close()
    (answer,) = answers_of(written(path, answered(3, exchange(3, b"same"))))[2:]
    assert (answer.kind, answer.payload) == ("response", b"same")


def test_the_table_forgets_the_oldest_and_does_not_grow(tmp_path):
    table = Places(tmp_path / "table")
    row = b"\1\0\0\0"  # all of these share a row
    digests = [row + bytes([number]) * 16 for number in range(6)]
    for number, digest in enumerate(digests):
        table.put(digest, number * 1000)
    assert [table.find(digest) for digest in digests] == [[], [], [2000], [3000], [4000], [5000]]
    table.put(digests[3], 7000)
    assert [table.find(digest) for digest in digests] == [[], [], [2000], [7000], [4000], [5000]]
    table.put(b"\xff" * 20, 0)
    assert table.find(b"\xff" * 20) == [0]
    table.close()
    assert (tmp_path / "table").stat().st_size <= 16 * 1024 * 1024


# -- payloads in files -----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 1024 * 1024, 3 * 1024 * 1024 + 5])
def test_a_spooled_payload_is_as_one_in_memory(path, tmp_path, size):
    body = random.Random(size).randbytes(size // 2) + b"a" * (size - size // 2)
    spooled = tmp_path / "spooled"
    spooled.write_bytes(body)
    file = exchange(1, b"", path=str(spooled), size=size)
    first, second = answers_of(written(path, answered(1, file), answered(2, exchange(2, body))))
    assert first.payload == body
    assert first.fields["WARC-Payload-Digest"] == sha1(body)
    assert second.kind == ("revisit" if size else "response")
    assert spooled.exists()  # whoever commits removes it


def test_a_large_spooled_payload_takes_little_memory(path, tmp_path):
    size = 100_000_000
    spooled = tmp_path / "spooled"
    with spooled.open("wb") as file:
        piece = random.Random(1).randbytes(50_000) + b"a" * 50_000
        for _ in range(size // len(piece)):
            file.write(piece)
    sink = opened(path)
    kept = WarcSink.keeps(answered(1, exchange(1, b"", path=str(spooled), size=size)))
    assert kept is not None
    tracemalloc.start()
    try:
        sink.write([kept])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    sink.sync()
    sink.close()
    assert peak < 16_000_000
    (answer,) = answers_of(judge(path))
    assert len(answer.payload) == size


def test_dates_have_microseconds_and_are_utc(path):
    records = written(path, answered(1, exchange(1, at=AT)), answered(2, exchange(2, at=1_700_000_000.0)))
    assert [record.fields["WARC-Date"] for record in answers_of(records)] == [
        "2024-05-31T16:08:37.123456Z",
        "2023-11-14T22:13:20.000000Z",
    ]


def test_the_records_come_back_as_they_were(path):
    items = [answered(1), finished(2), answered(3, purpose=Purpose.ASSET), answered(4)]
    written(path, *items, part_bytes=1)
    assert list(WarcSink.read(path)) == [items[0].record, items[1].record, items[3].record]
    assert [json.loads(line)["url"] for line in WarcSink.read(path)] == [
        f"http://a.example/{number}" for number in (1, 2, 4)
    ]


def test_ids_and_digests_are_those_of_the_standard_library():
    for number in range(200):
        digest = hashlib.sha1(b"%d" % number, usedforsecurity=False).digest()
        assert warc_records.labelled(digest) == f"sha1:{base64.b32encode(digest).decode()}"
    ids = {warc_records.new_id() for _ in range(200)}
    assert len(ids) == 200
    for told in ids:
        found = uuid.UUID(told.removeprefix("<urn:uuid:").removesuffix(">"))
        assert (found.version, found.variant, f"<{found.urn}>") == (4, uuid.RFC_4122, told)
