"""The small closed sets: how a URL can end, and the one word that says why.

Both are the words that stand in the output, so they are a contract with whoever reads it.
"""

from enum import IntEnum, StrEnum


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
