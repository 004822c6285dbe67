"""What makes URLs done: one numbered batch of finished URLs that every sink holds."""

import msgspec

from crawler.model.messages import Finished


class Commit(msgspec.Struct, frozen=True, gc=False):
    """One batch, ready for the transaction in which its URLs become done."""

    n: int
    """Number of the batch; they count up by one, in the order of the records in every sink."""
    finished: tuple[Finished, ...]
    """In the order of their records."""
    positions: dict[str, int]
    """Where each sink (by name) ends with *this* batch, whatever it holds by now: bytes or row id."""
