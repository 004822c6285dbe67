"""What an extract function does to its process, it does to a child's under the glass, as in a crawl."""

import asyncio
import json
import os

import pytest

from crawler.cli.app import main
from crawler.model.outcomes import Kind, Outcome
from crawler.view.inspect.inspection import Inspection
from tests.stations.fetch_servers import by_target, byte_server, ok
from tests.view.test_inspect import looked_at, told


async def extracted(function: str, **parse: object) -> Inspection:
    """A page of a server, looked at with a function of tests/view/extracts.py."""
    async with byte_server(by_target({"/": ok(b"<title>T</title><a href=/x>x</a>")})) as served:
        settings = {"extract": f"tests.view.extracts:{function}", "max_crashes": 1} | parse
        return await looked_at(f"{served.url}/", parse=settings)


@pytest.mark.parametrize(
    ("function", "kind", "message", "setting"),
    [
        ("hanging", Kind.PARSE_TIMEOUT, "parsing took longer than 0.5 s", "parse.timeout"),
        ("leaving", Kind.PARSE_CRASH, "the parse process ended with exit code 9", ""),
        ("hungry", Kind.PARSE_MEMORY, "parsing needed more than ", "parse.max_memory"),
    ],
)
async def test_what_a_crawl_would_record_is_told(function: str, kind: Kind, message: str, setting: str):
    seen = await extracted(function, timeout=0.5 if function == "hanging" else 30.0)
    assert (seen.outcome, seen.kind, seen.is_ok) == (Outcome.ERROR, kind, False)
    assert seen.message is not None
    assert seen.message.startswith(message)
    assert seen.record is not None
    assert seen.record.message == seen.message
    assert seen.page is None
    words = told(seen)
    assert f"error, {kind.value}: {message}" in words
    assert f"look whether tests.view.extracts:{function} does it" in words
    assert any(setting in line for line in seen.advice)


async def test_a_page_may_bring_down_as_many_parsers_as_in_a_crawl(caplog: pytest.LogCaptureFixture):
    seen = await extracted("leaving", max_crashes=3)
    assert seen.kind is Kind.PARSE_CRASH
    assert sum("ended with exit code 9" in line and "(pid" in line for line in caplog.messages) == 3


@pytest.mark.parametrize(("executor", "is_here"), [("process", False), ("thread", True), ("inline", True)])
async def test_it_runs_where_the_settings_say(executor: str, is_here: bool):
    seen = await extracted("where", executor=executor)
    assert seen.page is not None
    assert seen.page.extract is not None
    pid = json.loads(bytes(seen.page.extract.returned or b""))["pid"]
    assert (pid == os.getpid()) is is_here
    assert seen.steps[-1].name == "parse and extract"
    assert seen.steps[-1].microseconds > 0


@pytest.mark.parametrize("executor", ["process", "thread"])
async def test_what_it_prints_goes_to_standard_error(executor: str, capsys: pytest.CaptureFixture[str]):
    await extracted("titled", executor=executor)
    printed = capsys.readouterr()
    assert "a word of its own\n" in printed.err
    assert printed.out == ""


async def test_the_command_ends_with_3(capsys: pytest.CaptureFixture[str]):
    options = ["--extract", "tests.view.extracts:hanging", "--set", "parse.timeout=0.3"]
    async with byte_server(by_target({"/": ok()})) as served:
        code = await asyncio.to_thread(main, ["inspect", f"{served.url}/", *options])
    printed = capsys.readouterr()
    assert code == 3
    assert "error, parse_timeout: parsing took longer than 0.3 s" in printed.out
    assert "--set parse.timeout=N" in printed.out
    assert "Traceback" not in printed.err
