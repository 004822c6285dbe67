"""The thread that reads the generation before: who asks while it is busy is answered together."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from crawler.frontier import earlier_thread
from crawler.frontier.earlier_thread import EarlierGeneration
from crawler.model.errors import OutputError, StoreFailed
from crawler.model.messages import Ticket


class Pages:
    """What stands in the place of the databases."""

    def __init__(self, *_: Any) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.found: list[list[str]] = []
        self.fails = False
        self.is_closed = False

    def find(self, urls: list[str]) -> dict[str, str]:
        self.gate.wait()
        self.found.append(urls)
        if self.fails:
            raise StoreFailed("the disk is gone")
        return {url: f"page of {url}" for url in urls if url != "unknown"}

    def take_over(self, ticket: Ticket, *_: Any) -> str:
        self.gate.wait()
        if ticket.url == "damaged":
            raise OutputError("the records are damaged")
        return f"end of {ticket.url}"

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
async def earlier(monkeypatch):
    monkeypatch.setattr(earlier_thread, "EarlierPages", Pages)
    made = await asyncio.to_thread(EarlierGeneration, Path("out"), 2, 7, None, None)
    yield made
    made._pages.gate.set()  # type: ignore[attr-defined]
    await asyncio.to_thread(made.close)
    await asyncio.to_thread(made.close)
    assert made._pages.is_closed  # type: ignore[attr-defined]


async def test_who_asks_while_it_is_busy_is_answered_together(earlier):
    earlier._pages.gate.clear()
    first = asyncio.create_task(earlier.find("a"))
    await asyncio.sleep(0)
    others = [asyncio.create_task(earlier.find(url)) for url in ("b", "unknown", "b")]
    taking = asyncio.create_task(earlier.take_over(Ticket(1, "c", 1, 0), None, None))
    await asyncio.sleep(0.01)
    earlier._pages.gate.set()
    assert await first == "page of a"
    assert [await one for one in others] == ["page of b", None, "page of b"]
    assert await taking == "end of c"
    assert earlier._pages.found == [["a"], ["b", "unknown"]]


async def test_a_failure_is_told_to_whom_it_concerns(earlier):
    tickets = [Ticket(1, url, 1, 0) for url in ("a", "damaged", "b")]
    asked = [earlier.take_over(ticket, None, None) for ticket in tickets]
    good, bad, other = await asyncio.gather(*asked, return_exceptions=True)
    assert (good, other) == ("end of a", "end of b")
    assert isinstance(bad, OutputError)
    earlier._pages.fails = True
    failed = await asyncio.gather(earlier.find("a"), earlier.find("b"), return_exceptions=True)
    assert [type(error) for error in failed] == [StoreFailed, StoreFailed]
    earlier._pages.fails = False
    assert await earlier.find("a") == "page of a"


async def test_who_gives_up_keeps_nobody_else_from_an_answer(earlier):
    earlier._pages.gate.clear()
    asked = [asyncio.create_task(earlier.find(url)) for url in ("a", "b", "b")]
    taking = asyncio.create_task(earlier.take_over(Ticket(1, "c", 1, 0), None, None))
    await asyncio.sleep(0.01)
    asked[0].cancel()
    asked[1].cancel()
    taking.cancel()
    await asyncio.sleep(0)
    earlier._pages.gate.set()
    assert await asked[2] == "page of b"
    assert await earlier.find("d") == "page of d"
