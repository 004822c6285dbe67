"""The sinks there are. A new one is a class and a line here (and a value of ``write.sinks``)."""

from crawler.write.sinks.base import Sink
from crawler.write.sinks.jsonl import JsonlSink
from crawler.write.sinks.sqlite import SqliteSink

SINKS: dict[str, type[Sink]] = {sink.name: sink for sink in (JsonlSink, SqliteSink)}
"""By their name in ``write.sinks``."""
