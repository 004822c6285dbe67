from crawler.trace.trace_files import run_of, runs_in


def test_each_run_has_its_files_in_order(tmp_path):
    names = [
        "trace.pftrace", "trace.1.pftrace", "trace.10.pftrace", "trace.2.pftrace", "trace-run1.pftrace",
        "trace-run2.1.pftrace", "trace-run2.pftrace", "trace-run10.pftrace", "trace.txt", "mytrace.pftrace",
    ]  # fmt: skip
    for name in names:
        (tmp_path / name).touch()
    found = {run.number: [path.name for path in run.files] for run in runs_in(tmp_path)}
    assert found == {
        None: ["trace.pftrace", "trace.1.pftrace", "trace.2.pftrace", "trace.10.pftrace"],
        10: ["trace-run10.pftrace"],
        2: ["trace-run2.pftrace", "trace-run2.1.pftrace"],
        1: ["trace-run1.pftrace"],
    }
    assert list(found) == [None, 10, 2, 1]  # the newest first
    run = run_of(tmp_path / "trace-run2.1.pftrace")
    assert run is not None
    assert run.number == 2
    assert run_of(tmp_path / "mytrace.pftrace") is None


def test_a_folder_is_no_trace(tmp_path):
    (tmp_path / "trace.pftrace").mkdir()
    (tmp_path / "trace-run1.pftrace").touch()
    assert [run.number for run in runs_in(tmp_path)] == [1]


def test_no_run_in_a_folder_without_traces(tmp_path):
    assert runs_in(tmp_path) == []
