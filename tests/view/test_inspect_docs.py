"""What the documentation says of the JSON is what there is, and its picture is what is printed."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from crawler.view.explain import explanation
from crawler.view.inspect import inspection
from docs.make_inspect_picture import draw
from tests.stations.fetch_servers import by_target, byte_server, ok

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


async def test_the_picture_can_be_drawn():
    pages = {
        "/catalogue.html": ok(b"", "Location: /books/\r\n", "301 Moved"),
        "/books/": ok(b"<a href=/letters/x>x</a><b class=price>14.50</b>"),
    }
    async with byte_server(by_target(pages)) as served:
        svg = (await asyncio.to_thread(draw, f"{served.url}/")).replace("&#160;", " ")
    assert svg.startswith("<svg")
    assert "crawler inspect" in svg
    assert "14.50" in svg
    assert "out of scope" in svg
