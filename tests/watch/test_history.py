import errno
import itertools
import json
import logging
from pathlib import Path

import pytest

from crawler.model.errors import OutputError
from crawler.watch.history import History, history_of, read_history, shortened, thinned
from crawler.watch.picture import HostNow, Lane
from tests.watch.pictures import AT, URL, picture

SMALL = {"steps": (), "records": (), "errors": (), "hosts": ()}


def seconds(path):
    return [shown.at - AT for shown in read_history(path)]


def test_one_picture_a_second_and_each_is_one_line(tmp_path):
    path = history_of(tmp_path, 1)
    history = History(path)
    for at in (0.0, 0.2, 1.02, 1.5, 2.03):
        history.add(picture(at))
    assert path.name == "history.jsonl"
    assert seconds(path) == pytest.approx([0.0, 1.02, 2.03])
    assert json.loads(path.read_text().splitlines()[0])["counts"]["ok"] == 37


def test_what_is_read_is_what_was_kept(tmp_path):
    history = History(tmp_path / "h")
    history.add(picture(1.0))
    assert read_history(tmp_path / "h") == [shortened(picture(1.0))]


def test_the_last_picture_is_kept_whenever_it_comes(tmp_path):
    history = History(tmp_path / "h")
    history.add(picture(0.0))
    history.add(picture(0.1, state="finished", message="done"), is_last=True)
    assert [shown.state for shown in read_history(tmp_path / "h")] == ["running", "finished"]


def test_each_generation_has_its_own(tmp_path):
    assert history_of(tmp_path, 2) == tmp_path / "history@2.jsonl"


@pytest.mark.parametrize("length", [1_500, 20_000])
def test_the_number_of_pictures_is_bounded_and_they_stay_evenly_spread(tmp_path, length):
    path = tmp_path / "h"
    history = History(path, most=200)
    for second in range(length):
        history.add(picture(second, **SMALL))
    history.add(picture(length, state="finished", **SMALL), is_last=True)
    kept = seconds(path)
    assert 100 <= len(kept) <= 200
    assert (kept[0], kept[-1]) == (0.0, length)
    gaps = [later - earlier for earlier, later in itertools.pairwise(kept)]
    assert max(gaps) <= 4 * sorted(gaps)[len(gaps) // 2]
    assert read_history(path)[-1].state == "finished"
    assert [left.name for left in tmp_path.iterdir()] == ["h"]


def test_the_bytes_are_bounded(tmp_path):
    path = tmp_path / "h"
    history, most = History(path, max_bytes=100_000), 0
    for second in range(300):
        history.add(picture(second))
        most = max(most, path.stat().st_size)
    assert 50_000 < most <= 100_000
    assert seconds(path)[0] == 0.0


def test_of_many_workers_hosts_and_records_the_first_are_kept(tmp_path):
    big = picture(
        1.0,
        steps=tuple(Lane("fetch", f"fetch-{n}", 1, "body", URL, AT) for n in range(256)),
        hosts=tuple(HostNow(f"http://host{n}", 1, 1, 2, 0.5, 1.0, 0.0, 0, None, False) for n in range(50)),
    )
    history = History(tmp_path / "h")
    history.add(big)
    (kept,) = read_history(tmp_path / "h")
    assert kept.steps == big.steps[: len(kept.steps)]
    assert kept.hosts == big.hosts[: len(kept.hosts)]
    assert (len(kept.steps), len(kept.hosts), len(kept.records)) == (64, 20, 10)
    assert (tmp_path / "h").stat().st_size < 20_000


@pytest.mark.parametrize("count", range(8))
def test_every_second_goes_and_the_first_and_the_last_stay(count):
    lines = [b"%d\n" % number for number in range(count)]
    kept = thinned(lines)
    assert set(lines[::2]) <= set(kept)
    assert kept[:1] + kept[-1:] == lines[:1] + lines[-1:]


def test_a_resumed_crawl_goes_on_with_it_at_its_pace(tmp_path):
    path = tmp_path / "h"
    before = History(path, most=100)
    for second in range(300):
        before.add(picture(second, **SMALL))
    kept = seconds(path)
    with path.open("ab") as file:
        file.write(b'{"at": 17')  # killed
    after = History(path, goes_on=True, most=100)
    for second in range(1_000, 1_010):
        after.add(picture(second, **SMALL))
    assert seconds(path) == [*kept, 1_000, 1_004, 1_008]
    assert path.read_bytes().endswith(b"\n")


def test_a_new_crawl_does_not_go_on_with_somebody_elses(tmp_path):
    path = tmp_path / "h"
    History(path).add(picture(0.0))
    History(path).add(picture(9.0))
    assert seconds(path) == [9.0]


def test_what_a_kill_or_another_version_has_left_is_left_out(tmp_path):
    path = tmp_path / "h"
    history = History(path)
    history.add(picture(0.0))
    with path.open("ab") as file:
        file.write(b'{"at": 1.0}\n\xff\xfe\n\0\0\0\n')
    history.add(picture(2.0))
    with path.open("ab") as file:
        file.write(path.read_bytes()[:1_000])
    assert seconds(path) == [0.0, 2.0]


def test_a_clock_that_is_set_back_does_not_end_it(tmp_path):
    history = History(tmp_path / "h")
    for at in (5_000.0, 100.0, 101.0):
        history.add(picture(at))
    assert seconds(tmp_path / "h") == [5_000.0, 100.0, 101.0]


def test_without_a_file_there_are_no_pictures(tmp_path):
    assert read_history(tmp_path / "h") == []
    with pytest.raises(OutputError, match="h cannot be read: Is a directory"):
        read_history(_folder(tmp_path / "h"))


def _folder(path):
    path.mkdir()
    return path


def test_a_full_disk_ends_the_history_with_one_warning(tmp_path, monkeypatch, caplog):
    history = History(tmp_path / "h")
    history.add(picture(0.0))
    with monkeypatch.context() as full:

        def refused(*_):
            raise OSError(errno.ENOSPC, "No space left on device")

        full.setattr(Path, "open", refused)
        for second in range(1, 5):
            history.add(picture(second))
    history.add(picture(6.0), is_last=True)
    said = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.getMessage() for record in said] == [
        f"{tmp_path / 'h'} cannot be written: No space left on device; the crawl goes on without its history"
    ]
    assert seconds(tmp_path / "h") == [0.0]


def test_no_room_to_thin_it_leaves_what_is_there(tmp_path, monkeypatch, caplog):
    path = tmp_path / "h"
    history = History(path, most=10)
    for second in range(10):
        history.add(picture(second, **SMALL))

    def refused(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", refused)
    history.add(picture(10, **SMALL))
    assert "without its history" in caplog.text
    assert seconds(path) == list(range(10))
    assert [left.name for left in tmp_path.iterdir()] == ["h"]
