"""What a writer process says to the main process, beside its acks."""

import msgspec

from crawler.model.messages import Ack
from crawler.model.outcomes import Activity


class Opened(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The writer holds the lock on its sink, and has opened it."""

    length: int
    """What the sink holds, in the unit of its positions, before anything is cut."""


class CutBack(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The sink ends where it was told to; from now on the writer takes batches."""


class Closed(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The sink is closed in good order, with all that it was sent in its last form."""


class Failed(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The sink cannot be written; trying again would not help."""

    reason: str
    """Half a sentence for people: "the disk is full"."""


class Pong(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The answer to a ping: what the writer is doing, and since when (unix time)."""

    step: Activity
    since: float


Said = Opened | CutBack | Ack | Closed | Failed | Pong
encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Said).decode
