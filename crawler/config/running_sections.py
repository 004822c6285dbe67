"""More sections of the configuration: how pages are parsed and written, and how a crawl runs and ends."""

from typing import Annotated, Literal

from crawler.config.values import COMMAS, NEVER_ALONE, ONCE_EACH, UPPER_CASE, After, Allowed, FunctionName
from crawler.model.settings import GIB, MIB, About, Section
from crawler.sinks import SINKS, told
from crawler.sinks.facts import FactsSink


def _sink(name: str) -> str:
    if name not in SINKS:
        raise ValueError
    return name


SinkName = Annotated[str, After(_sink), Allowed(f"one of {told()}")]


class ParseConfig(Section, frozen=True, kw_only=True):
    """How pages are parsed, and by whom."""

    workers: Annotated[
        int | None, About("Parsers at once; none is one for each CPU core.", ge=1, le=1024)
    ] = None
    executor: Annotated[
        Literal["process", "thread", "inline"],
        About(
            "Where parsers run: child processes, threads, or the main loop itself. Only processes can be"
            " timed out, bounded in memory, or dropped by a second Ctrl-C."
        ),
    ] = "process"
    extract: Annotated[
        FunctionName | None, About("A function of yours that is called with each parsed page.")
    ] = None
    keep_text: Annotated[bool, About("Whether records hold the page's visible text.")] = False
    timeout: Annotated[float, About("Seconds a page may take to parse.", gt=0, le=3600)] = 30.0
    max_memory: Annotated[
        int, About("Bytes of address space one parser process may take.", ge=64 * MIB, le=1024 * GIB)
    ] = GIB
    max_crashes: Annotated[
        int, About("Parsers a page may bring down before it is given up.", ge=1, le=100)
    ] = 2
    batch_pages: Annotated[
        int, About("Pages sent to a parser at once, at most; slow ones go alone.", ge=1, le=1000)
    ] = 32
    batch_bytes: Annotated[int, About("Bytes sent to a parser at once, about.", ge=1, le=GIB)] = 896 * 1024


class WriteConfig(Section, frozen=True, kw_only=True):
    """Where records go, and in what portions."""

    sinks: Annotated[tuple[SinkName, ...], ONCE_EACH, About("Outputs, each written whole.")] = ("jsonl",)
    batch_records: Annotated[int, About("Records committed at once, at most.", ge=1, le=100_000)] = 256
    batch_bytes: Annotated[int, About("Bytes committed at once, about.", ge=1, le=GIB)] = MIB
    batch_interval: Annotated[float, About("Seconds a record waits for its batch, at most.", ge=0, le=60)] = (
        0.05
    )
    max_unacked: Annotated[
        int, About("Bytes on their way to the disk at once, about.", ge=1, le=16 * GIB)
    ] = 16 * MIB
    max_restarts: Annotated[
        int, About("Times in a row a writer is replaced without progress.", ge=0, le=1000)
    ] = 3

    @property
    def keeps_facts(self) -> bool:
        """Whether what pages refer to is noted and asked for beside the pages, as for a check."""
        return FactsSink.name in self.sinks

    @property
    def keeps_answers(self) -> bool:
        """Whether a sink needs the answers themselves, as they were sent."""
        return any(SINKS[name].needs_answers for name in self.sinks)


class LimitsConfig(Section, frozen=True, kw_only=True):
    """How much memory the crawl may take, and how much of it may wait between the stations."""

    memory: Annotated[
        int | None,
        About(
            "Bytes that all processes of the crawl may take together; none is a third of the machine.",
            ge=256 * MIB,
            le=1024 * 1024 * GIB,
        ),
    ] = None
    page_queue: Annotated[int, About("Bytes of pages waiting for a parser, about.", ge=1, le=64 * GIB)] = (
        32 * MIB
    )
    finished_queue: Annotated[int, About("Bytes of records waiting to be written.", ge=1, le=64 * GIB)] = (
        16 * MIB
    )


class WatchdogConfig(Section, frozen=True, kw_only=True):
    """When a worker that gets nowhere is noticed."""

    stall: Annotated[
        float,
        About("Seconds without progress until a worker is reported, and a child replaced.", gt=0, le=86_400),
    ] = 120.0


class ProcessesConfig(Section, frozen=True, kw_only=True):
    """How child processes are made."""

    start_method: Annotated[
        Literal["forkserver", "spawn"] | None,
        About("How child processes start; none is forkserver where the system has it, else spawn."),
    ] = None


class RunConfig(Section, frozen=True, kw_only=True):
    """What else makes a crawl fail that has ended; see the exit codes."""

    fail_on: Annotated[
        tuple[Literal["never", "errors", "http", "extract"], ...],
        COMMAS,
        NEVER_ALONE,
        About(
            "Exit code 1 where a URL ended as an error, with an HTTP error, or the extract function failed."
        ),
    ] = ()


class LogConfig(Section, frozen=True, kw_only=True):
    """What is logged."""

    level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        UPPER_CASE,
        About("Messages of this level and above go to standard error."),
    ] = "INFO"


class ProgressConfig(Section, frozen=True, kw_only=True):
    """What is shown while the crawl runs."""

    show: Annotated[bool, About("Whether progress is shown.")] = True
    interval: Annotated[float, About("Seconds between two pictures of the progress.", ge=0.02, le=60)] = 0.2
