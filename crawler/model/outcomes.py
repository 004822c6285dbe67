"""The small closed sets: how a URL can end, the one word that says why, and what a worker can be at.

All are words that stand in the output, so they are a contract with whoever reads it.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import NamedTuple


class Purpose(IntEnum):
    """What a URL is asked for. The numbers stand in ``crawl.db`` and ``facts.db``.

    Only pages and sitemaps are recorded by every sink and counted as the crawl's URLs. The others are there
    for a check: they are asked once each, and lead to nothing that is crawled.
    """

    PAGE = 0
    SITEMAP = 1
    STYLESHEET = 2
    """Read, for what it loads."""
    ASSET = 3
    """Something on the crawl's own origins of which only the status is of interest, unless it turns out to
    be a style sheet."""
    EXTERNAL = 4
    """The same, on another origin."""
    PROBE = 5
    """A URL that cannot exist, to see what the server says to it."""

    is_recorded: bool
    """Whether every sink has it. No property: the main loop looks at it several times for each page."""

    def __init__(self, number: int) -> None:
        self.is_recorded = number <= 1


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


class Meaning(NamedTuple):
    """What a kind means for its URL."""

    outcome: Outcome
    retryable: bool
    """Whether a further attempt may end in another way, where nothing more is known of the very failure."""
    why: str


MEANING: Mapping[Kind, Meaning] = {
    Kind.TIMEOUT: Meaning(Outcome.ERROR, True, "the host, or the way to it, may have been busy"),
    Kind.CONNECT: Meaning(
        Outcome.ERROR, True, "the host may be starting; unless it is our request that cannot be sent"
    ),
    Kind.RESET: Meaning(
        Outcome.ERROR, True, "what broke the connection may be over; unless HTTP/2 itself is refused"
    ),
    Kind.TLS: Meaning(Outcome.ERROR, False, "certificates stay as they are; unless the handshake broke off"),
    Kind.DNS: Meaning(
        Outcome.ERROR, True, "there may be an answer yet; unless it is that there is no such name"
    ),
    Kind.FRAMING: Meaning(
        Outcome.ERROR, True, "it broke off, or is no HTTP at all; unless it breaks the rules"
    ),
    Kind.ENCODING: Meaning(Outcome.ERROR, False, "it is coded in another way than its header says"),
    Kind.TOO_LARGE: Meaning(Outcome.TRUNCATED, False, "it is as long as it is"),
    Kind.REDIRECT_LOOP: Meaning(
        Outcome.ERROR, False, "it goes round; with a cookie it was asked once more already"
    ),
    Kind.TOO_MANY_REDIRECTS: Meaning(Outcome.ERROR, False, "each hop is done and recorded"),
    Kind.BAD_REDIRECT: Meaning(Outcome.ERROR, False, "the target is no URL"),
    Kind.HTTP_STATUS: Meaning(
        Outcome.ERROR, False, "the status decides: crawler.rules.retry.RETRIED_STATUSES"
    ),
    Kind.PARSE_CRASH: Meaning(Outcome.ERROR, False, "it was parsed again, alone, and failed again"),
    Kind.PARSE_TIMEOUT: Meaning(Outcome.ERROR, False, "it was parsed again, alone, and failed again"),
    Kind.PARSE_MEMORY: Meaning(Outcome.ERROR, False, "it was parsed again, alone, and failed again"),
    Kind.PARSE_KILLED: Meaning(Outcome.ERROR, False, "it was parsed again and again"),
    Kind.REDIRECTED: Meaning(Outcome.SKIPPED, False, "the target is a URL of its own"),
    Kind.ROBOTS: Meaning(
        Outcome.SKIPPED, False, "it is forbidden; where robots.txt failed, its status decides"
    ),
    Kind.OUT_OF_SCOPE: Meaning(Outcome.SKIPPED, False, "it is the user's choice"),
    Kind.FORBIDDEN_ADDRESS: Meaning(Outcome.SKIPPED, False, "it is the user's choice"),
    Kind.CONTENT_TYPE: Meaning(Outcome.SKIPPED, False, "it is the user's choice"),
}
"""Of every kind: how its URL ends, and whether it is tried again before it does."""


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
    SETTLE = "tidying"
    CLOSE = "closing"
    DATABASE = "in the database"
    """The state thread's: it reads or writes ``crawl.db``."""


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
