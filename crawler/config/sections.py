"""The sections of the configuration: every key with its type, default, bounds and unit."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from crawler.config.session_values import AuthLine, CookieLine, EnvName, HeaderLine, ProxyUrl
from crawler.config.values import (
    FilePath,
    Float,
    FunctionName,
    HeaderText,
    Int,
    MediaPattern,
    Network,
    Regex,
    UpperCase,
    WebOrigin,
    WebUrl,
)
from crawler.config.version import version

MIB = 1024 * 1024
GIB = 1024 * MIB
READABLE = (
    "text/html",
    "application/xhtml+xml",
    "application/xml",
    "text/xml",
    "application/json",
    "text/*",
    "*+xml",
    "*+json",
)


def key(default: object, description: str, **bounds: Any) -> Any:
    """One key: its default, one sentence on it (with the unit of a number), and pydantic's bounds."""
    return Field(default=default, description=description, **bounds)


class Section(BaseModel):
    """One table of the configuration; frozen, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ScopeConfig(Section):
    """Which URLs belong to the crawl."""

    max_pages: Int | None = key(None, "Pages after which the crawl ends; the rest stays pending.", ge=1)
    max_depth: Int | None = key(None, "Links to follow from a seed; seeds have depth 0.", ge=0)
    include: tuple[Regex, ...] = key((), "If any: only URLs in which one of them is found.")
    exclude: tuple[Regex, ...] = key((), "URLs in which one of them is found are left out.")
    origins: tuple[WebOrigin, ...] = key((), "Origins crawled beside those of the seeds.")


class FetchConfig(Section):
    """How pages are asked for."""

    backend: Literal["aiohttp", "httpx"] = key(
        "aiohttp", "The HTTP library; httpx speaks HTTP/2 and needs the extra http2."
    )
    concurrency: Int = key(32, "Requests in flight at once, all hosts together.", ge=1, le=10_000)
    timeout: Float = key(30.0, "Seconds for one exchange, from connecting to the end.", gt=0, le=3600)
    connect_timeout: Float | None = key(
        10.0, "Seconds for a new connection, with the name's look-up, a proxy and TLS.", gt=0, le=3600
    )
    read_timeout: Float | None = key(
        None, "Seconds without a byte of the answer; none is no bound but the whole's.", gt=0, le=3600
    )
    max_body: Int = key(10 * MIB, "Bytes of a body after decompression; the rest is cut off.", ge=1, le=GIB)
    retries: Int = key(3, "Further attempts after the first one failed.", ge=0, le=20)
    backoff: Float = key(0.5, "Seconds before the first retry, at most; then doubled.", ge=0, le=3600)
    backoff_max: Float = key(60.0, "Seconds that no retry's delay goes above.", ge=0, le=3600)
    retry_after_max: Float = key(300.0, "Seconds that Retry-After may ask for; more is cut.", ge=0, le=86_400)
    max_redirects: Int = key(10, "Redirects in a row before a URL is given up.", ge=0, le=50)
    user_agent: HeaderText = Field(
        default_factory=lambda: f"crawler/{version()}",
        description="The User-Agent header, and the name looked for in robots.txt.",
    )
    content_types: tuple[MediaPattern, ...] = key(
        READABLE, "Media types whose bodies are read; anything else stops after the headers."
    )
    spool_above: Int = key(MIB, "Bytes above which a body waits in a file, not in memory.", ge=1, le=GIB)
    allow_addresses: tuple[Network, ...] = key((), "Private or local addresses that may be connected to.")
    proxy: ProxyUrl | None = key(
        None, "The proxy that everything goes through; socks5 needs the extra socks. HTTP_PROXY is not read."
    )
    proxy_login: EnvName | None = key(None, "The variable that holds the proxy's USER:PASSWORD.")
    verify_tls: bool = key(True, "Whether a server's certificate must be valid.")
    ca_file: FilePath | None = key(
        None, "A PEM file of certificates that are trusted beside the system's own."
    )


class SessionConfig(Section):
    """What is sent beside the plain request, and to whom; see sessions.md. Secrets are never written here."""

    cookies: bool = key(
        False, "Whether cookies that servers set are sent back, each to its own origin, until the crawl ends."
    )
    send_cookies: tuple[CookieLine, ...] = key((), "Cookies of yours, each for one origin.")
    headers: tuple[HeaderLine, ...] = key(
        (), "Headers of yours, for the origins of the seeds and scope.origins."
    )
    auth: tuple[AuthLine, ...] = key((), "Logins, each for one origin.")


class PolitenessConfig(Section):
    """How hard one host is asked. Automatic: full speed on loopback, else 2 requests and 0.5 s."""

    per_host: Int | None = key(None, "Requests at once to one host; none is automatic.", ge=1, le=10_000)
    delay: Float | None = key(None, "Seconds between requests to one host; none is automatic.", ge=0, le=3600)
    max_crawl_delay: Float = key(
        60.0, "Seconds of Crawl-delay granted to robots.txt, at most.", ge=0, le=3600
    )
    throttle: bool = key(True, "Whether a host whose latency or errors grow is asked slower.")
    throttle_max_delay: Float = key(
        10.0, "Seconds between requests that the throttle chooses, at most.", ge=0, le=3600
    )


class RobotsConfig(Section):
    """What robots.txt and robots directives are worth."""

    obey: bool = key(True, "Whether robots.txt, X-Robots-Tag and meta robots are obeyed.")
    max_bytes: Int = key(
        512 * 1024, "Bytes read of robots.txt (RFC 9309: 512000 or more).", ge=1024, le=64 * MIB
    )


class SitemapsConfig(Section):
    """Lists of pages that a site offers to crawlers. Without them, a crawl is what links lead to."""

    follow: bool = key(False, "Whether the sitemaps that robots.txt names are read, and their pages crawled.")
    urls: tuple[WebUrl, ...] = key((), "Sitemaps to be read, named by you.")
    max_bytes: Int = key(
        50 * MIB, "Bytes of one sitemap after decompression; the rest is cut off.", ge=1024, le=GIB
    )


class FrontierConfig(Section):
    """In which order URLs are taken."""

    order: Literal["breadth_first", "depth_first"] = key(
        "breadth_first", "What comes first: pages nearest to the seeds, or the newest links."
    )
    partitions: Int = key(256, "Parts that hosts fall into; fixed once a crawl has begun.", ge=1, le=65_536)


class ParseConfig(Section):
    """How pages are parsed, and by whom."""

    workers: Int | None = key(None, "Parsers at once; none is one for each CPU core.", ge=1, le=1024)
    executor: Literal["process", "thread", "inline"] = key(
        "process",
        "Where parsers run: child processes, threads, or the main loop itself. Only processes can be"
        " timed out, bounded in memory, or dropped by a second Ctrl-C.",
    )
    extract: FunctionName | None = key(None, "A function of yours that is called with each parsed page.")
    keep_text: bool = key(False, "Whether records hold the page's visible text.")
    timeout: Float = key(30.0, "Seconds a page may take to parse.", gt=0, le=3600)
    max_memory: Int = key(
        GIB, "Bytes of address space one parser process may take.", ge=64 * MIB, le=1024 * GIB
    )
    max_crashes: Int = key(2, "Parsers a page may bring down before it is given up.", ge=1, le=100)
    batch_pages: Int = key(32, "Pages sent to a parser at once, at most; slow ones go alone.", ge=1, le=1000)
    batch_bytes: Int = key(512 * 1024, "Bytes sent to a parser at once, about.", ge=1, le=GIB)


class WriteConfig(Section):
    """Where records go, and in what portions."""

    sinks: tuple[Literal["jsonl", "sqlite"], ...] = key(("jsonl",), "Outputs, each written whole.")
    batch_records: Int = key(256, "Records committed at once, at most.", ge=1, le=100_000)
    batch_bytes: Int = key(MIB, "Bytes committed at once, about.", ge=1, le=GIB)
    batch_interval: Float = key(0.05, "Seconds a record waits for its batch, at most.", ge=0, le=60)
    max_unacked: Int = key(16 * MIB, "Bytes on their way to the disk at once, about.", ge=1, le=16 * GIB)
    max_restarts: Int = key(3, "Times in a row a writer is replaced without progress.", ge=0, le=1000)

    @field_validator("sinks")
    @classmethod
    def _once_each(cls, sinks: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(sinks))


class LimitsConfig(Section):
    """How much memory the crawl may take, and how much of it may wait between the stations."""

    memory: Int | None = key(
        None,
        "Bytes that all processes of the crawl may take together; none is a third of the machine.",
        ge=256 * MIB,
        le=1024 * 1024 * GIB,
    )
    page_queue: Int = key(32 * MIB, "Bytes of pages waiting for a parser, about.", ge=1, le=64 * GIB)
    finished_queue: Int = key(16 * MIB, "Bytes of records waiting to be written.", ge=1, le=64 * GIB)


class WatchdogConfig(Section):
    """When a worker that gets nowhere is noticed."""

    stall: Float = key(
        120.0,
        "Seconds without progress until a worker is reported, and a child replaced.",
        gt=0,
        le=86_400,
    )


class ProcessesConfig(Section):
    """How child processes are made."""

    start_method: Literal["forkserver", "spawn"] | None = key(
        None, "How child processes start; none is forkserver where the system has it, else spawn."
    )


class LogConfig(Section):
    """What is logged."""

    level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], UpperCase] = key(
        "INFO", "Messages of this level and above go to standard error."
    )


class ProgressConfig(Section):
    """What is shown while the crawl runs."""

    show: bool = key(True, "Whether progress is shown.")
    interval: Float = key(0.2, "Seconds between two pictures of the progress.", ge=0.02, le=60)
