"""The second readers of each sink's files: they read what is whole, and see what is not."""

import json
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.lab.crash.judges import JUDGES, heard, judge_of
from crawler.model.outcomes import Outcome
from crawler.model.record import Record, encode
from crawler.sinks import SINKS

URLS = [f"http://a.example/{number}" for number in range(5)]
MOMENT = "2024-05-06T07:08:09.012Z"
LINES = [
    encode(
        Record(
            url=url,
            final_url=url,
            outcome=Outcome.OK,
            depth=0,
            attempts=1,
            fetched_at=MOMENT,
            title='a "b",\r\nc',
            links=URLS,
        )
    )
    for url in URLS
]
OWN_FORM = [name for name in JUDGES if name in SINKS and not SINKS[name].needs_answers]


@pytest.fixture(params=OWN_FORM)
def judged(request, tmp_path: Path) -> tuple[str, Path]:
    kind = SINKS[request.param]
    path, sink = tmp_path / kind.file_name, kind()
    sink.cut(sink.open(path))
    sink.write(LINES)
    sink.sync()
    while sink.settle(last=True) is not None:
        pass
    sink.close()
    return kind.name, path


def test_every_sink_of_records_has_a_judge_that_can_be_heard():
    for name, kind in SINKS.items():
        assert judge_of(name) is not None or not kind.holds_records, name


def test_a_judge_reads_what_the_sink_has_written(judged):
    name, path = judged
    assert heard(JUDGES[name].urls_in(path)) == (URLS, None)


def test_a_judge_sees_that_a_file_is_damaged(judged):
    name, path = judged
    file = path if path.is_file() else sorted(path.glob("*.*"))[-1]
    data = file.read_bytes()
    file.write_bytes(data[: -len(data) // 3])
    urls, complaint = heard(JUDGES[name].urls_in(path))
    assert complaint is not None
    assert urls == URLS[: len(urls)]


def test_parts_of_parquet_are_read_in_order(tmp_path: Path):
    for number in (2, 1):
        rows = pyarrow.table({"url": [f"{number}b", f"{number}a"]})
        pyarrow.parquet.write_table(rows, tmp_path / f"part-{number}.parquet")
    assert heard(JUDGES["parquet"].urls_in(tmp_path)) == (["1b", "1a", "2b", "2a"], None)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # warcio's open files
def test_answers_of_an_archive_are_read_and_their_digests_checked(tmp_path: Path):
    path = tmp_path / "0.warc.gz"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for url in URLS:
            head = StatusAndHeaders("200 OK", [], protocol="HTTP/1.0")
            body = tmp_path / "body"
            body.write_bytes(json.dumps(url).encode())
            with body.open("rb") as payload:
                writer.write_record(
                    writer.create_warc_record(url, "response", payload=payload, http_headers=head)
                )
    assert heard(JUDGES["warc"].urls_in(tmp_path)) == (URLS, None)
    data = path.read_bytes()
    path.write_bytes(data[:-20])
    _, complaint = heard(JUDGES["warc"].urls_in(tmp_path))
    assert complaint is not None
