"""A sink whose packages are not installed is refused before anything is made, by whatever starts a crawl."""

import shutil
import sys
from pathlib import Path

import pytest

from crawler import Config, ConfigError, Crawler
from crawler.cli.app import main
from crawler.sinks import SINKS
from crawler.sinks.base import Sink
from crawler.sinks.csv import CsvSink
from tests.graph_server import graph_site


@pytest.fixture(params=list(dict.fromkeys([CsvSink, *(sink for sink in SINKS.values() if sink.imports)])))
def hidden(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[Sink]:
    """A sink of which nothing that it imports is there."""
    sink: type[Sink] = request.param
    if not sink.imports:  # one that needs something all the same
        monkeypatch.setattr(sink, "imports", ("not_installed_here",))
        monkeypatch.setattr(sink, "extra", "tables")
    for module in sink.imports:
        monkeypatch.setitem(sys.modules, module, None)
    return sink


def sentence(sink: type[Sink], where: str) -> str:
    return (
        f'write.sinks = "{sink.name}" ({where}) needs packages that are not installed:'
        f" pip install 'crawler[{sink.extra}]'"
    )


async def test_the_library_refuses_it(hidden: type[Sink], tmp_path: Path) -> None:
    out = tmp_path / "out"
    config = Config(seeds=["http://127.0.0.1:9/"], out=out, write={"sinks": ["jsonl", hidden.name]})
    with pytest.raises(ConfigError) as refused:
        async with Crawler(config):
            pass
    assert str(refused.value) == sentence(hidden, "Config()")
    assert not out.exists()


@pytest.mark.parametrize(("command", "where"), [("run", "command line --sink"), ("check", "crawler check")])
def test_the_commands_refuse_it(
    hidden: type[Sink], tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, where: str
) -> None:
    out = tmp_path / "out"
    assert main([command, "http://127.0.0.1:9/", "-o", str(out), "--sink", hidden.name]) == 2
    said = capsys.readouterr()
    assert said.err.strip() == f"crawler: {sentence(hidden, where)}"
    assert not out.exists()


def test_resume_refuses_it_and_leaves_the_crawl_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    with graph_site(3) as site:
        arguments = ["run", site.url, "-o", str(out), "--sink", CsvSink.name, "--max-pages", "1"]
        assert main([*arguments, "--workers", "1"]) == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    monkeypatch.setattr(CsvSink, "imports", ("not_installed_here",))
    monkeypatch.setattr(CsvSink, "extra", "tables")
    capsys.readouterr()
    assert main(["resume", str(out), "--max-pages", "3"]) == 2
    assert "needs packages that are not installed: pip install 'crawler[tables]'" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    shutil.rmtree(out)


def test_an_unknown_sink_is_refused_with_what_there_is_and_which_extra_brings_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["run", "http://127.0.0.1:9/", "-o", str(out), "--sink", "xlsx"]) == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith('crawler: write.sinks = "xlsx" (command line --sink) is refused; allowed: ')
    told = [f"{name} (with the extra {sink.extra})" if sink.extra else name for name, sink in SINKS.items()]
    assert said.endswith(f"one of {', '.join(told)}")
    assert not out.exists()
