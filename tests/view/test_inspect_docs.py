"""What the page of the documentation says of the JSON is what there is."""

from pathlib import Path

import msgspec
import pytest

from crawler.view import explanation, inspection

PAGE = (Path(__file__).parents[2] / "docs" / "inspect.md").read_text(encoding="utf-8")


def structs() -> list[type[msgspec.Struct]]:
    found = [*vars(inspection).values(), *vars(explanation).values()]
    own = (inspection.__name__, explanation.__name__)
    return [each for each in found if isinstance(each, type) and each.__module__ in own]


@pytest.mark.parametrize("struct", structs(), ids=lambda struct: struct.__name__)
def test_every_key_is_documented(struct: type[msgspec.Struct]):
    assert [field for field in struct.__struct_fields__ if f"`{field}`" not in PAGE] == []


def test_there_are_structs():
    assert len(structs()) > 15
