"""More sections of the configuration: how a crawl runs here, where it writes, and how it ends."""

from typing import Annotated, Literal

from crawler.config.sections import GIB, MIB, About, Section
from crawler.config.values import COMMAS, NEVER_ALONE, ONCE_EACH, UPPER_CASE
from crawler.model.outcomes import SinkName


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
