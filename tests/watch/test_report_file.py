"""Files that reports are written to."""

from crawler.watch.report_file import opened


def test_two_reports_of_one_folder_may_be_written_at_once(tmp_path):
    one, other = tmp_path / "a.html", tmp_path / "b.md"
    with opened(one) as first, opened(other) as second:
        first.write("first")
        second.write("second")
    assert (one.read_text(), other.read_text()) == ("first", "second")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "b.md"]
