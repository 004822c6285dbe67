"""What a parse process died of, and whom to blame for it: a page that kills is a poison message."""

import signal

from crawler.model.outcomes import Kind
from crawler.parse.parser_process import EXIT_MEMORY

_FROM_OUTSIDE = {getattr(signal, f"SIG{name}", None) for name in ("KILL", "TERM", "INT", "HUP", "QUIT")}
"""No crash of a program's own; SIGKILL is also what the kernel sends when memory runs out."""


class ParserDied(Exception):
    """A parser died, or was killed because it took too long, with a batch in its hands."""

    def __init__(
        self, kind: Kind, message: str, *, is_certain: bool = False, culprit: int | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.is_certain = is_certain
        """Caught in the act. Else it may have been another page's doing, or nobody's here."""
        self.culprit = culprit
        """Index in the batch of the page it was at; None when it had not begun."""


def cause_of_death(code: int | None, max_memory: int) -> ParserDied:
    """What a parse process died of, by its exit code."""
    if code == EXIT_MEMORY:
        words = f"parsing needed more than {max_memory} bytes of memory"
        return ParserDied(Kind.PARSE_MEMORY, words, is_certain=True)
    if code is None:
        words = "nobody knows how the parse process ended: its fork server is gone as well"
        return ParserDied(Kind.PARSE_KILLED, words)
    if code >= 0:
        return ParserDied(Kind.PARSE_CRASH, f"the parse process ended with exit code {code}")
    name = next((known.name for known in signal.Signals if known == -code), f"signal {-code}")
    if -code in _FROM_OUTSIDE:
        return ParserDied(Kind.PARSE_KILLED, f"the parse process was killed from outside by {name}")
    return ParserDied(Kind.PARSE_CRASH, f"the parse process was ended by {name}")
