"""The commands without the floors below them."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crawler.cli import checking
from crawler.cli.app import main
from crawler.plumbing import fork_server_process
from tests.cli.stand_ins import Engine, Run, Written, stand_in


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    for name in os.environ:
        if name.startswith("CRAWLER_"):
            monkeypatch.delenv(name)
    engine = Engine()

    @contextmanager
    def open_view(out: Path, generation: int | None) -> Iterator[str]:
        yield f"view of {out}" + (f", generation {generation}" if generation else "")

    class SiteProcess:
        def __init__(self, port: int) -> None:
            self.url = "http://127.0.0.1:40404/"

        def __enter__(self) -> "SiteProcess":
            return self

        def __exit__(self, *_: object) -> None:
            engine.crawls.append(None)  # type: ignore[arg-type]  # the site ends after the crawl

    def serve_forever(port: int, *, annex: bool) -> None:
        print(f"serving {'the annex at ' if annex else ''}{port}")
        raise KeyboardInterrupt

    modules = (
        stand_in("crawler.engine.crawl", prepare=engine.prepare, crawl_to_end=engine.crawl_to_end),
        stand_in("crawler.engine.lifecycle", new_folder=lambda seeds: Path(f"crawls/{seeds[0][2:]}-NOW")),
        stand_in("crawler.engine.resuming", settings_of=engine.settings_of),
        stand_in("crawler.engine.shared", refuse_shared=lambda out: None),
        stand_in("crawler.watch.summary", print_summary=lambda summary: print(f"summary {summary}")),
        stand_in("crawler.watch.status", print_status=lambda view, **how: print(f"{view}, {how}")),
        stand_in("crawler.frontier.view", open_view=open_view),
        stand_in("crawler.lab.site.site_process", SiteProcess=SiteProcess, serve_forever=serve_forever),
    )
    monkeypatch.setattr(fork_server_process, "prestart", engine.prestart)  # the rest serves folders
    for module in modules:
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return engine


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    written = Written()
    monkeypatch.setattr(checking, "write", written.write)
    return written


@pytest.fixture
def crawler(engine: Engine, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process: its exit code, the lines on stdout, the lines on stderr."""

    def run(*arguments: str) -> tuple[int, list[str], list[str]]:
        code = main(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out.splitlines(), captured.err.splitlines()

    return run
