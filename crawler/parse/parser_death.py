"""What a parse process died of, and whom to blame for it."""

import signal
from contextlib import suppress

from crawler.model.outcomes import Kind
from crawler.parse.parser_process import EXIT_MEMORY
from crawler.plumbing.child_process import is_killed_from_outside


class ParserDied(Exception):
    """A parse process died, or was killed because it took too long, with a batch in its hands."""

    def __init__(self, kind: Kind, message: str, culprit: int | None, *, replaced: bool = False) -> None:
        super().__init__(message)
        self.kind = kind
        self.is_certain = kind in (Kind.PARSE_TIMEOUT, Kind.PARSE_MEMORY) and not replaced
        """Caught in the act. Else it may have been another page's doing, or nobody's here."""
        self.culprit = culprit
        """Index in the batch of the page it was at; None when it had not begun."""


def cause_of_death(code: int | None, timeout: float | None, max_memory: int) -> tuple[Kind, str]:
    """In a word and in a sentence, by the exit code (None where nobody could learn it).

    ``timeout``: the seconds that were over, where it was killed for that.
    """
    if timeout is not None:
        return Kind.PARSE_TIMEOUT, f"parsing took longer than {timeout:g} s"
    if code == EXIT_MEMORY:
        return Kind.PARSE_MEMORY, f"parsing needed more than {max_memory} bytes of memory"
    if code is None:
        return Kind.PARSE_KILLED, "nobody knows how the parse process ended: its fork server is gone as well"
    if is_killed_from_outside(code):
        return Kind.PARSE_KILLED, f"the parse process was killed from outside by {_signal_name(-code)}"
    if code < 0:
        return Kind.PARSE_CRASH, f"the parse process was ended by {_signal_name(-code)}"
    return Kind.PARSE_CRASH, f"the parse process ended with exit code {code}"


def _signal_name(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"
