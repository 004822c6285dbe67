"""A sink that takes only so many records a second, as a slow disk does. Writer processes import this."""

import os
import time
from collections.abc import Sequence

from crawler.sinks.jsonl import JsonlSink

RATE = "BENCHMARK_RECORDS_PER_SECOND"


class SlowJsonl(JsonlSink):
    """``records.jsonl`` on a slow disk."""

    def write(self, records: Sequence[bytes]) -> int:
        """Write them, and take the time that they take."""
        time.sleep(len(records) / float(os.environ[RATE]))
        return super().write(records)
