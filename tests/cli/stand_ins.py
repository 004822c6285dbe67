"""Stands for the floors below the commands, and records how it was called."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from crawler.config import Config
from crawler.model.errors import UsageError

FRESH = Path("crawls/somewhere-20260101T120000Z")


@dataclass
class Report:
    out: Path
    summary: dict[str, Any] = field(default_factory=dict)
    message: str | None = None
    exit_code: int = 0


@dataclass
class Engine:
    """Stands for the floors below; `crawls` are the configurations it was given."""

    crawls: list[Config] = field(default_factory=list)
    message: str | None = None
    exit_code: int = 0
    error: BaseException | None = None
    saved: Config = field(default_factory=lambda: Config(seeds=["http://saved/"], fetch={"concurrency": 7}))
    prestarted: int = 0
    summary: dict[str, Any] = field(default_factory=lambda: {"ok": 3})
    refuses_no_seed: bool = False
    beside: list[Any] = field(default_factory=list)
    """What each crawl was looked at by."""

    def prestart(self, **_options: bool) -> None:
        self.prestarted += 1

    def prepare(self, config: Config, extract: None) -> Path:
        if self.refuses_no_seed and not config.seeds:
            raise UsageError("no seed")
        return config.out or FRESH

    def crawl_to_end(self, config: Config, *, beside: Any = None) -> Report:
        self.beside.append(beside)
        self.crawls.append(config)
        if self.error is not None:
            raise self.error
        assert config.out is not None
        return Report(config.out, self.summary, self.message, self.exit_code)

    def settings_of(self, out: Path, generation: int | None = None) -> Config:
        return self.saved


def stand_in(name: str, **members: object) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(members)
    return module


class Written(list[Any]):
    """The reports of checks that were asked for, and the exit code that they have."""

    code = 0

    def write(
        self,
        out: Path,
        config: Config,
        *,
        quiet: bool,
        verbose: bool,
        write_baseline: bool = False,
        keep: bool = False,
        even_of_nothing: bool = True,
        generation: int | None = None,
    ) -> int:
        self.append(
            SimpleNamespace(
                out=out,
                config=config,
                quiet=quiet,
                verbose=verbose,
                write_baseline=write_baseline,
                generation=generation,
            )
        )
        if even_of_nothing:
            print("the findings")
        return self.code


Run = Callable[..., tuple[int, list[str], list[str]]]
