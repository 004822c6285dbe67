"""Floor 4: the forms in which a crawl is kept (elsewhere: exporters). One class each, and one line here.

The configuration, the command line, their documentation and the output folder take all else from the class.
"""

from crawler.sinks.base import Sink
from crawler.sinks.csv import CsvSink
from crawler.sinks.facts import FactsSink
from crawler.sinks.jsonl import JsonlSink
from crawler.sinks.parquet import ParquetSink
from crawler.sinks.sqlite import SqliteSink
from crawler.sinks.warc import WarcSink

_KINDS: tuple[type[Sink], ...] = (
    JsonlSink,
    SqliteSink,
    CsvSink,
    ParquetSink,
    WarcSink,
    FactsSink,
)
SINKS: dict[str, type[Sink]] = {sink.name: sink for sink in _KINDS}
"""By their name in ``write.sinks``."""


def told() -> str:
    """The names, for people, and which extra brings what."""
    return ", ".join(
        f"{name} (with the extra {sink.extra})" if sink.extra else name for name, sink in SINKS.items()
    )
