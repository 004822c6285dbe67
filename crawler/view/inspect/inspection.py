"""One page under the glass: every decision that a crawl would take about a URL, as it was taken.

These structs are what ``crawler inspect --json`` prints, so their fields are a contract with whoever reads
it; :mod:`crawler.view.inspect.inspecting` fills them in, :mod:`crawler.view.inspect.words` tells them to
people.
Times are in microseconds. What cannot be known is null.
"""

import msgspec

from crawler.model.outcomes import Kind, Outcome
from crawler.model.record import Record


class ScopeSeen(msgspec.Struct):
    """Whether the URL belongs to the crawl."""

    in_scope: bool
    is_seed: bool
    """It is named by the user, and so is asked for whatever the scope says."""
    reason: str | None = None
    """What keeps it out, or which pattern lets it in."""
    key: str | None = None
    """The setting that keeps it out."""


class RobotsSeen(msgspec.Struct):
    """What robots.txt says of one URL."""

    url: str
    """Of the robots.txt."""
    obeyed: bool
    """False: nobody has asked for it."""
    allowed: bool = True
    status: int | None = None
    """After its redirects; None where there was no answer."""
    agent: str | None = None
    """The user-agent by which the rules apply; None: that file names nobody whom we are."""
    line: int | None = None
    """Of the rule that decides, from 1; None where no rule matches."""
    text: str | None = None
    """That line as it stands there."""
    crawl_delay: float | None = None
    """Seconds, as far as the settings grant them."""
    sitemaps: list[str] = []
    """Those that the crawl would read (``sitemaps.follow``)."""
    failure: str | None = None
    """Why there was no answer: then nothing may be fetched."""


class AddressSeen(msgspec.Struct):
    """An address of the host, and what the guard says of it."""

    address: str
    allowed: bool
    reason: str | None = None
    """Why it may not be connected to, or may although it is special."""


class TlsSeen(msgspec.Struct):
    """The secured connection."""

    version: str | None
    cipher: str | None
    certificate_ends: str | None
    """RFC 3339, UTC; None where the certificate was not verified."""
    issuer: str | None
    verified: bool


class Asked(msgspec.Struct):
    """One request, and what came of it."""

    url: str
    purpose: str
    """``robots.txt`` or ``page``."""
    protocol: str | None = None
    peer: str | None = None
    """The address that it was sent to (of the proxy, if there is one)."""
    tls: TlsSeen | None = None
    request_headers: list[tuple[str, str]] = []
    """As sent; what is a secret is ``***``."""
    status: int | None = None
    headers: list[tuple[str, str]] = []
    """As received, names in lower case."""
    bytes_received: int = 0
    """Of the body as it was sent, content coding and all, as far as it was read."""
    failed: Kind | None = None
    message: str | None = None
    head_us: int | None = None
    """Until the head had come: connecting, TLS and the server's time are in it."""
    total_us: int | None = None


class UrlSeen(msgspec.Struct):
    """One URL of the way: the one given, or one that a redirect led to (to a crawl a URL of its own)."""

    url: str
    scope: ScopeSeen
    addresses: list[AddressSeen] = []
    """Empty where the URL was not looked up: a proxy does that, or it is out of scope."""
    addresses_failed: str | None = None
    addresses_us: int | None = None
    robots: RobotsSeen | None = None
    waited_us: int = 0
    """For its turn, as the host's politeness asks (``politeness.delay``, Crawl-delay)."""
    requests: list[Asked] = []
    outcome: Outcome | None = None
    """How this URL ends; None where it was not asked for."""
    kind: Kind | None = None
    message: str | None = None
    redirects_to: str | None = None
    is_retried: bool = False
    """A crawl would try it again (``fetch.retries``)."""


class LinkSeen(msgspec.Struct):
    """One reference of the page."""

    url: str | None
    """Absolute; None where it is no http(s) URL."""
    href: str
    """As it is written."""
    verdict: str
    """``follow``, ``out of scope``, ``nofollow``, ``too deep``, ``too long``, ``not http``, ``malformed``; of
    what is not a link to a page ``asset`` or ``external``, which only a check asks for."""
    reason: str | None = None
    source: str = ""
    """The element and its attribute."""
    text: str = ""
    line: int | None = None
    column: int | None = None
    """Both from 1, in characters; None where it stands in no place of the body, or that cannot be told."""


class ExtractSeen(msgspec.Struct):
    """What the extract function made of the page."""

    function: str
    returned: msgspec.Raw | None = None
    error: str | None = None
    """Its traceback."""


class PageSeen(msgspec.Struct):
    """What was read, and what the parser made of it."""

    url: str
    status: int
    content_type: str | None
    sniffed: str | None
    """The type by the first bytes, where the header says nothing."""
    content_encoding: list[str]
    bytes: int
    """Of the decoded body."""
    truncated: bool
    charset: str | None = None
    charset_by: str | None = None
    """What says so."""
    title: str | None = None
    canonical: str | None = None
    meta_robots: list[str] = []
    x_robots_tag: list[str] = []
    base: str | None = None
    """What relative links are meant from, where a ``<base>`` says so."""
    text_length: int | None = None
    links: list[LinkSeen] = []
    """In document order; each place that refers to something."""
    extract: ExtractSeen | None = None


class StepSeen(msgspec.Struct):
    """How long one step took."""

    name: str
    microseconds: int


class Inspection(msgspec.Struct):
    """All of it."""

    given: str
    url: str
    """As the crawl has it."""
    changes: list[str]
    """What is other in it than in what was given."""
    user_agent: str
    proxy: str | None = None
    """That everything goes through, which looks the hosts up, too."""
    way: list[UrlSeen] = []
    page: PageSeen | None = None
    outcome: Outcome | None = None
    """How the last URL of the way ends; None where a crawl would not ask for it."""
    kind: Kind | None = None
    message: str | None = None
    advice: list[str] = []
    """What would change that."""
    steps: list[StepSeen] = []
    record: Record | None = None
    """What a crawl would write of the last URL."""

    @property
    def is_ok(self) -> bool:
        """A crawl would have a page."""
        return self.outcome in (Outcome.OK, Outcome.TRUNCATED)
