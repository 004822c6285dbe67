"""The small closed sets: how a URL can end, the one word that says why, and what a worker can be at.

All are words that stand in the output, so they are a contract with whoever reads it.
"""

from enum import IntEnum, StrEnum
from typing import Literal

SinkName = Literal["jsonl", "sqlite"]
"""The outputs there are, as ``write.sinks`` and the command line name them; each is a class of
:mod:`crawler.write.sinks`."""


class Outcome(StrEnum):
    """How a URL ended. Every finished URL has exactly one."""

    OK = "ok"
    """A 2xx answer, read and parsed whole."""
    TRUNCATED = "truncated"
    """A 2xx answer of which only a part was kept (body limit)."""
    ERROR = "error"
    """It should have been read and could not be: 4xx, 5xx, network, parser."""
    SKIPPED = "skipped"
    """It was not read on purpose: redirected, robots, content type, scope."""


class Kind(StrEnum):
    """Why a URL did not end as ``ok``; one short word, null in the record when it did."""

    TIMEOUT = "timeout"
    CONNECT = "connect"
    RESET = "reset"
    TLS = "tls"
    DNS = "dns"
    FRAMING = "framing"
    ENCODING = "encoding"
    TOO_LARGE = "too_large"
    REDIRECT_LOOP = "redirect_loop"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    BAD_REDIRECT = "bad_redirect"
    HTTP_STATUS = "http_status"
    PARSE_CRASH = "parse_crash"
    PARSE_TIMEOUT = "parse_timeout"
    PARSE_MEMORY = "parse_memory"
    PARSE_KILLED = "parse_killed"
    REDIRECTED = "redirected"
    ROBOTS = "robots"
    OUT_OF_SCOPE = "out_of_scope"
    FORBIDDEN_ADDRESS = "forbidden_address"
    CONTENT_TYPE = "content_type"


class State(IntEnum):
    """The state of a URL in ``crawl.db``: pending, or the outcome it was committed with."""

    PENDING = 0
    OK = 1
    TRUNCATED = 2
    ERROR = 3
    SKIPPED = 4
    BEYOND = 5
    """Seen, but further from the seeds than ``scope.max_depth``: not part of the crawl, not counted."""


STATE_OF: dict[Outcome, State] = {
    Outcome.OK: State.OK,
    Outcome.TRUNCATED: State.TRUNCATED,
    Outcome.ERROR: State.ERROR,
    Outcome.SKIPPED: State.SKIPPED,
}
"""The state in which a URL with this outcome is stored."""


class Activity(StrEnum):
    """What a worker is at; ``crawler status`` shows it, and the watchdog knows by it who waits on purpose."""

    IDLE = "idle"
    ROBOTS = "robots"
    WAIT_FOR_TURN = "wait for its turn"
    """A fetcher's, between two requests for one URL (see :meth:`Frontier.turn`)."""
    WAIT_FOR_ANSWER = "wait for the answer"
    READ = "read"
    WAIT_FOR_PARSER = "wait for a parser"
    PARSE = "parsing"
    WAIT_FOR_WRITER = "wait for a writer"
    COMMIT = "committing"
    WAIT_FOR_ACKS = "writing"
    """The committer's, until all writers have acked."""
    WRITE_BATCH = "write"
    """A sink's, as its keeper in the main process sees it; what follow are the writer process's own."""
    LOCK = "locking"
    OPEN = "opening"
    CUT = "cutting"
    WRITE = "write a batch"
    SYNC = "syncing"
    CLOSE = "closing"


WAITS_ON_PURPOSE = frozenset(
    {
        Activity.IDLE,
        Activity.WAIT_FOR_TURN,
        Activity.WAIT_FOR_PARSER,
        Activity.WAIT_FOR_WRITER,
        Activity.WAIT_FOR_ACKS,
    }
)
"""What ends when somebody else is ready: back-pressure, or politeness."""
