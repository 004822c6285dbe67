"""What is told about the keys is complete and current."""

import re
from pathlib import Path

import pytest

from crawler.config.settings import KEYS
from docs.make_configuration import Description, describe, make

ROOT = Path(__file__).parents[2]
UNITS = {"Bytes", "Seconds", "Pages", "Requests", "Links", "Redirects"}
UNITS |= {"Parsers", "Checks", "Parts", "Records", "Times", "Further", "Hours", "Days", "Port"}


def test_the_page_in_the_docs_is_current() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert page == make(), "run python -m docs"


@pytest.mark.parametrize("row", describe(), ids=lambda row: row.key)
def test_every_key_has_a_sentence_and_a_number_its_unit(row: Description) -> None:
    assert re.fullmatch(r"[A-Z].*\.", row.description)
    assert row.allowed
    if row.type in ("integer", "float"):
        assert row.description.split()[0] in UNITS, f"{row.key}: begin with the unit"


def test_every_comment_in_config_toml_follows_its_key() -> None:
    lines = (ROOT / "config.toml").read_text(encoding="utf-8").splitlines()
    silent = [line for line in lines if re.match(r"\w+ = ", line) and "#" not in line]
    assert silent == ['seeds = ["http://127.0.0.1:8000/"]']  # its comment stands above it


def test_keys_that_config_toml_only_mentions_exist_too() -> None:
    section, mentioned = "", []
    for line in (ROOT / "config.toml").read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            section = heading[1] + "."
        elif comment := re.match(r"# (\w+) = ", line):
            mentioned.append(section + comment[1])
    assert mentioned
    assert set(mentioned) <= set(KEYS)
