"""A book of batches that says what becomes of them: a plain one's place is its, if a trace is written."""

from collections.abc import Collection, Sequence

from crawler.model.messages import Ack
from crawler.trace.recorder import Recorder
from crawler.write.ledger import Batch, Ledger


class TracedLedger(Ledger):
    """See :class:`crawler.write.ledger.Ledger`."""

    def __init__(self, sinks: Collection[str], first: int, recorder: Recorder) -> None:
        super().__init__(sinks, first)
        self._recorder = recorder

    def acked(self, sink: str, ack: Ack) -> Batch | None:
        """``sink`` holds a batch; the next one that it has to hold. Raises LookupError."""
        following = super().acked(sink, ack)
        batch = self.batches[ack.batch - self.batches[0].n]
        self._recorder.written(sink, [finished.ticket.id for finished in batch.finished], ack.work)
        return following

    def committed(self, batches: Sequence[Batch]) -> None:
        """The oldest batches, those that :meth:`ready` gave, are done."""
        self._recorder.committed([finished for batch in batches for finished in batch.finished])
        super().committed(batches)
