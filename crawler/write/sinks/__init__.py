"""The sinks there are. A new one is a class, named here and in :data:`crawler.model.outcomes.SinkName`.

The configuration, the command line, their documentation and the output folder take it from there.
"""

from crawler.write.sinks.base import Sink
from crawler.write.sinks.facts import FactsSink
from crawler.write.sinks.jsonl import JsonlSink
from crawler.write.sinks.sqlite import SqliteSink

SINKS: dict[str, type[Sink]] = {sink.name: sink for sink in (JsonlSink, SqliteSink, FactsSink)}
"""By their name in ``write.sinks``."""
