"""The files of an archive: cut anywhere, damaged, on a full disk; each record is there once or not at all."""

import os
from pathlib import Path

import pytest

from crawler.model.errors import OutputError
from crawler.sinks.base import SinkShort, why_not_written
from crawler.sinks.warc import WarcSink
from crawler.sinks.warc_parts import Parts
from tests.stations.archives import answered, exchange, judge, opened, urls, write

ITEMS = [answered(number) for number in range(9)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def names(path: Path) -> list[str]:
    return sorted(part.name for part in path.iterdir())


def numbers(*of: int) -> list[str]:
    return [f"http://a.example/{number}" for number in of]


def filled(path: Path, *, part_bytes: int = 3000, count: int = 9) -> list[int]:
    """An archive of several parts; the position behind each URL."""
    sink = opened(path, part_bytes=part_bytes)
    positions = [write(sink, [item]) for item in ITEMS[:count]]
    sink.close()
    assert len(names(path)) >= 3
    return positions


def test_a_part_that_is_full_is_followed_by_another(path):
    positions = filled(path)
    sizes = [part.stat().st_size for part in sorted(path.iterdir())]
    assert names(path) == [f"crawl-{number:05d}.warc.gz" for number in range(1, len(sizes) + 1)]
    assert all(3000 <= size < 5000 for size in sizes[:-1])
    assert sum(sizes) == positions[-1]
    infos = [record for record in judge(path) if record.kind == "warcinfo"]
    assert [info.fields["WARC-Filename"] for info in infos] == names(path)
    begins = [sum(sizes[:number]) for number in range(len(sizes))]
    assert [
        f"crawler-position: {at}".encode() in info.payload for info, at in zip(infos, begins, strict=True)
    ]
    assert urls(path) == numbers(*range(9))


@pytest.mark.parametrize("kept", range(10))
def test_it_is_cut_anywhere_also_over_the_border_of_parts(path, kept):
    positions = [0, *filled(path)]
    sink = opened(path, positions[kept], part_bytes=3000)
    assert urls(path) == numbers(*range(kept))
    assert sum(part.stat().st_size for part in path.iterdir()) == positions[kept]
    end = write(sink, ITEMS[kept:])
    sink.close()
    assert urls(path) == numbers(*range(9))
    again = WarcSink()
    assert again.open(path) == end
    again.close()


@pytest.mark.parametrize("kept", range(10))
def test_records_are_read_up_to_a_position(path, kept):
    positions = [0, *filled(path)]
    assert list(WarcSink.read(path, positions[kept])) == [item.record for item in ITEMS[:kept]]


@pytest.mark.parametrize("begun", [0, 10, 200])
def test_a_part_that_was_only_begun_is_begun_anew(path, begun):
    """Killed after it made the file, or within the first record of it, or right behind that."""
    positions = filled(path)
    first = path / "crawl-00001.warc.gz"
    later = [part for part in sorted(path.iterdir()) if part != first]
    heads = [part.read_bytes()[:begun] for part in later]
    for part, head in zip(later, heads, strict=True):
        part.write_bytes(head)
    of_first = max(position for position in positions if position <= first.stat().st_size)
    count = positions.index(of_first) + 1
    sink = opened(path, of_first, part_bytes=3000)
    assert names(path) == [first.name]
    write(sink, ITEMS[count:])
    sink.close()
    assert urls(path) == numbers(*range(9))


def test_a_part_is_known_again_whatever_the_crawl_calls_itself(path):
    """Would catch a place that is looked for behind what may be of any length, and say anything."""
    agent = b"crawler-position: 7 " + os.urandom(30_000).hex().encode()
    item = answered(0, exchange(0, request=b"GET / HTTP/1.1\r\nUser-Agent: " + agent + b"\r\n\r\n"))
    sink = opened(path, part_bytes=1)
    end = write(sink, [item, item])
    sink.close()
    again = WarcSink()
    assert again.open(path) == end
    again.close()


def test_files_that_are_no_parts_are_left_alone(path):
    positions = filled(path)
    others = ["crawl-extra.warc.gz", "notes.txt", "crawl-00002.warc.gz.cdxj", "rec-00009.warc.gz"]
    for name in others:
        (path / name).write_bytes(b"mine")
    opened(path, positions[0]).close()
    assert names(path) == sorted(["crawl-00001.warc.gz", *others])


@pytest.mark.parametrize(
    ("change", "is_held"), [("removed", 1), ("shortened", 2), ("lengthened", 2), ("first", 0)]
)
def test_a_part_that_somebody_changed_is_noticed(path, change, is_held):
    """What follows it does not count, and is dropped: its URLs are crawled once more."""
    positions = filled(path)
    second = path / "crawl-00002.warc.gz"
    first_size, size = (path / "crawl-00001.warc.gz").stat().st_size, second.stat().st_size
    if change == "removed":
        second.unlink()
    elif change == "shortened":
        os.truncate(second, size - 7)
    elif change == "lengthened":
        second.write_bytes(second.read_bytes() + b"more")
    else:
        (path / "crawl-00001.warc.gz").unlink()
    sink = WarcSink(type(WarcSink.options)(part_bytes=3000))
    held = sink.open(path)
    expected = {"removed": first_size, "shortened": first_size + size - 7, "lengthened": first_size + size}
    assert held == expected.get(change, 0)
    with pytest.raises(SinkShort, match=f"it ends at {held}, before {positions[-1]}"):
        sink.cut(positions[-1])
    keep = max([0, *(position for position in positions if position <= held)])
    sink.cut(keep)
    assert len(names(path)) == (is_held if keep else 0)
    kept = positions.index(keep) + 1 if keep else 0
    write(sink, ITEMS[kept:])
    sink.close()
    assert urls(path) == numbers(*range(9))


def test_what_was_not_synced_is_gone_with_its_parts(path):
    sink = opened(path, part_bytes=1)
    write(sink, ITEMS[:2])
    sink.write([kept for kept in map(WarcSink.keeps, ITEMS[2:]) if kept is not None])
    assert len(names(path)) == 9
    sink.close()
    assert names(path) == ["crawl-00001.warc.gz", "crawl-00002.warc.gz"]
    assert urls(path) == numbers(0, 1)


@pytest.mark.parametrize("part_bytes", [1, 1_000_000])
def test_a_full_disk_leaves_no_half_record(path, monkeypatch, part_bytes):
    sink = opened(path, part_bytes=part_bytes)
    write(sink, ITEMS[:2])
    before = {part.name: part.read_bytes() for part in path.iterdir()}
    real, room = os.write, [900]

    def nearly_full(fd: int, data: memoryview) -> int:
        taken = min(len(data), room[0])
        room[0] -= taken
        if not taken:
            raise OSError(28, "No space left on device")
        return real(fd, data[:taken])

    monkeypatch.setattr("crawler.sinks.warc_parts.os.write", nearly_full)
    with pytest.raises(OSError, match="No space left") as raised:
        write(sink, ITEMS[2:])
    assert why_not_written(raised.value) == "the disk is full"
    assert {part.name: part.read_bytes() for part in path.iterdir()} != before
    sink.close()
    assert {part.name: part.read_bytes() for part in path.iterdir()} == before
    monkeypatch.undo()
    sink = opened(path)
    write(sink, ITEMS[2:])
    sink.close()
    assert urls(path) == numbers(*range(9))


def test_a_full_disk_in_the_middle_of_a_spooled_payload(path, tmp_path, monkeypatch):
    (tmp_path / "spooled").write_bytes(os.urandom(3_000_000))
    sink = opened(path)
    write(sink, ITEMS[:1])
    size, real, room = (path / "crawl-00001.warc.gz").stat().st_size, os.write, [2_000_000]

    def nearly_full(fd: int, data: memoryview) -> int:
        if (room := _take(len(data))) == 0:
            raise OSError(28, "No space left on device")
        return real(fd, data[:room])

    def _take(wanted: int) -> int:
        taken = min(wanted, room[0])
        room[0] -= taken
        return taken

    monkeypatch.setattr("crawler.sinks.warc_parts.os.write", nearly_full)
    with pytest.raises(OSError, match="No space left"):
        write(sink, [answered(1, exchange(1, b"", path=str(tmp_path / "spooled"), size=3_000_000))])
    assert (path / "crawl-00001.warc.gz").stat().st_size > 2_000_000
    sink.close()
    assert (path / "crawl-00001.warc.gz").stat().st_size == size
    assert urls(path) == numbers(0)


def test_a_spooled_payload_that_is_gone_is_an_error_and_leaves_nothing_half(path, tmp_path):
    sink = opened(path)
    write(sink, ITEMS[:1])
    with pytest.raises(FileNotFoundError):
        write(sink, [answered(1, exchange(1, b"", path=str(tmp_path / "gone"), size=9))])
    sink.close()
    assert urls(path) == numbers(0)


def test_everything_is_synced_before_it_is_acknowledged(path, monkeypatch):
    """Each part that was written to, and the folder where a part is new: its name must survive as well."""
    synced: list[str] = []
    real = os.fsync

    def fsync(fd: int) -> None:
        synced.append(Path(f"/proc/self/fd/{fd}").readlink().name)
        real(fd)

    sink = opened(path, part_bytes=1)
    monkeypatch.setattr("crawler.sinks.warc_parts.os.fsync", fsync)
    sink.write([kept for kept in map(WarcSink.keeps, ITEMS[:3]) if kept is not None])
    sink.sync()
    assert sorted(synced) == ["archive", *(f"crawl-0000{number}.warc.gz" for number in (1, 2, 3))]
    synced.clear()
    sink.sync()
    assert synced == ["crawl-00003.warc.gz"]
    sink.close()
    synced.clear()
    opened(path, 0).close()
    assert synced == ["archive"]  # a part that was removed does not come back


def test_parts_are_removed_from_the_last_one_on(path, monkeypatch):
    """Killed within a cut, what is left follows one another, and the next cut goes on."""
    positions = filled(path)
    removed: list[str] = []
    monkeypatch.setattr(Path, "unlink", lambda self: removed.append(self.name))
    monkeypatch.setattr("crawler.sinks.warc_parts.os.ftruncate", lambda *_: None)
    Parts(path, 1).cut(positions[0])
    assert removed == sorted(removed, reverse=True)
    assert len(removed) >= 2


# -- reading ---------------------------------------------------------------------------------------


def flip(part: Path, at: int) -> None:
    data = bytearray(part.read_bytes())
    data[at] ^= 0x55
    part.write_bytes(data)


@pytest.mark.parametrize("limit", ["to a position", "to the end"])
def test_a_part_that_lost_whole_records_is_named_too(path, limit):
    """What is left of it is in order, so only the next part can tell."""
    positions = filled(path)
    part = path / "crawl-00002.warc.gz"
    begins = (path / "crawl-00001.warc.gz").stat().st_size
    whole = [position for position in positions if begins < position < begins + part.stat().st_size]
    os.truncate(part, whole[-1] - begins)
    with pytest.raises(OutputError) as raised:
        list(WarcSink.read(path, positions[-1] if limit == "to a position" else None))
    assert str(raised.value).startswith(
        f"{part} cannot be read: it was changed: the next part begins at byte "
    )
    assert str(raised.value).endswith(f"({positions.index(whole[-1]) + 1} records before that can be)")


@pytest.mark.parametrize(
    ("damage", "limit"),
    [
        *(
            (damage, limit)
            for damage in ("a bit", "cut", "text")
            for limit in ("to a position", "to the end")
        ),
        ("removed", "to a position"),
    ],
)
def test_a_damaged_part_is_named_with_what_can_be_read(path, damage, limit):
    positions = filled(path)
    part = path / "crawl-00002.warc.gz"
    begins = (path / "crawl-00001.warc.gz").stat().st_size
    before = sum(position <= begins for position in positions)
    if damage == "a bit":
        flip(part, part.stat().st_size - 6)  # its last record's check sum
        before = sum(position < begins + part.stat().st_size for position in positions)
    elif damage == "cut":
        os.truncate(part, 700)
    elif damage == "removed":
        part.unlink()
    else:
        part.write_bytes(b"no archive at all")
    found = []
    with pytest.raises(OutputError) as raised:
        found.extend(WarcSink.read(path, positions[-1] if limit == "to a position" else None))
    text = str(raised.value)
    assert text.startswith(f"{part} cannot be read: ")
    count = int(text.rpartition("(")[2].split()[0])
    assert text.endswith(f"({count:,} records before that can be)")
    found = []
    with pytest.raises(OutputError):
        for line in WarcSink.read(path, positions[-1]):
            found.append(line)
    assert found == [item.record for item in ITEMS[:count]]
    if damage in {"a bit", "removed", "text"}:
        assert count == before


def test_an_archive_without_parts_has_no_records(path):
    assert list(WarcSink.read(path)) == []
    assert list(WarcSink.read(path, 0)) == []
    with pytest.raises(OutputError, match=r"crawl-00001.warc.gz cannot be read: No such file .*\(0 records"):
        list(WarcSink.read(path, 5))


@pytest.mark.parametrize("missing", [1, 8, 9, 100, 400])
def test_the_end_that_a_writer_is_at_is_left_out(path, missing):
    positions = filled(path)
    last = sorted(path.iterdir())[-1]
    os.truncate(last, last.stat().st_size - missing)
    found = list(WarcSink.read(path))
    assert found == [item.record for item in ITEMS[: len(found)]]
    assert len(found) == 8
    assert list(WarcSink.read(path, positions[7])) == found


def test_records_are_read_without_the_extra(path, monkeypatch):
    import importlib
    import sys

    from crawler.sinks import warc_reading

    filled(path)
    with monkeypatch.context() as gone:
        gone.setitem(sys.modules, "isal", None)
        plain = importlib.reload(warc_reading)
        assert plain.zlib.__name__ == "zlib"
        assert list(plain.read_records(path, None)) == [item.record for item in ITEMS]
        with pytest.raises(OutputError):
            flip(path / "crawl-00001.warc.gz", 1000)
            list(plain.read_records(path, None))
    assert importlib.reload(warc_reading).zlib.__name__ == "isal.isal_zlib"
