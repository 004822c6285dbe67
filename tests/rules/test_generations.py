"""The names of generations' files, and what OUT@2 means."""

import pytest

from crawler.model.generations import DATABASE, Named, database_of, file_name, generation_of, named


@pytest.mark.parametrize("name", ["crawl.db", "records.jsonl", "archive", "records.parquet", "facts.db"])
@pytest.mark.parametrize("generation", [1, 2, 10, 123_456])
def test_a_file_is_found_by_its_generation(name, generation):
    made = file_name(name, generation)
    assert (made == name) is (generation == 1)
    assert generation_of(made, name) == generation


@pytest.mark.parametrize(
    "name",
    [
        "crawl@1.db",
        "crawl@02.db",
        "crawl@.db",
        "crawl@2.db-wal",
        ".crawl@2.db.new",
        "x@2.db",
        "crawl@2",
        "crawl@-2.db",
    ],
)
def test_other_files_are_of_none(name):
    assert generation_of(name) is None


def test_the_database_of_the_first_has_the_plain_name():
    assert (DATABASE, database_of(1), database_of(3)) == ("crawl.db", "crawl.db", "crawl@3.db")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("out", Named("out", None)),
        ("out@2", Named("out", 2)),
        ("a/b@12", Named("a/b", 12)),
        ("user@host@3", Named("user@host", 3)),
        ("out@0", Named("out@0", None)),
        ("out@x", Named("out@x", None)),
        ("@2", Named("@2", None)),
        ("out@", Named("out@", None)),
    ],
)
def test_what_an_argument_names(text, meant):
    assert named(text, is_folder=False) == meant


def test_a_folder_of_just_that_name_is_meant_first():
    assert named("out@2", is_folder=True) == Named("out@2", None)
