"""What is said of a crawl of nodes, whose folder has no history of its own."""

from crawler.watch.past import without_history


def test_the_folders_of_nodes_with_a_history_are_named(tmp_path):
    said = f"{tmp_path} has no history of its time: its last picture is all there is"
    assert without_history(tmp_path) == said
    for name in ("one-1", "two-2", "none-3"):
        (tmp_path / name).mkdir()
    for name in ("two-2", "one-1"):
        (tmp_path / name / "history.jsonl").touch()
    named = f"{tmp_path / 'one-1'}, {tmp_path / 'two-2'}"
    assert without_history(tmp_path) == f"{said}; a history of its own is in each of {named}"
