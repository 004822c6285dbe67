"""The sections of the configuration: every key with its type, default, bounds and unit.

Here is how pages are asked for and read; the others are in :mod:`crawler.config.scope_section` and
:mod:`crawler.config.running_sections`.
"""

from typing import Annotated, Literal

from crawler.config.session_values import AuthLine, CookieLine, EnvName, HeaderLine, ProxyUrl
from crawler.config.values import (
    FilePath,
    HeaderText,
    MediaPattern,
    Network,
    WebUrl,
)
from crawler.model.settings import GIB, MIB, About, Section
from crawler.model.version import VERSION

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


class FetchConfig(Section, frozen=True, kw_only=True):
    """How pages are asked for."""

    backend: Annotated[
        Literal["aiohttp", "httpx"], About("The HTTP library; httpx speaks HTTP/2 and needs the extra http2.")
    ] = "aiohttp"
    concurrency: Annotated[int, About("Requests in flight at once, all hosts together.", ge=1, le=10_000)] = (
        32
    )
    timeout: Annotated[
        float, About("Seconds for one exchange, from connecting to the end.", gt=0, le=3600)
    ] = 30.0
    connect_timeout: Annotated[
        float | None,
        About("Seconds for each step of a new connection: look-up, connecting, proxy, TLS.", gt=0, le=3600),
    ] = 10.0
    read_timeout: Annotated[
        float | None,
        About("Seconds without a byte of the answer; none is no bound but the whole's.", gt=0, le=3600),
    ] = None
    max_body: Annotated[
        int, About("Bytes of a body after decompression; the rest is cut off.", ge=1, le=GIB)
    ] = 10 * MIB
    retries: Annotated[int, About("Further attempts after the first one failed.", ge=0, le=20)] = 3
    backoff: Annotated[
        float, About("Seconds before the first retry, at most; then doubled.", ge=0, le=3600)
    ] = 0.5
    backoff_max: Annotated[float, About("Seconds that no retry's delay goes above.", ge=0, le=3600)] = 60.0
    retry_after_max: Annotated[
        float, About("Seconds that Retry-After may ask for; more is cut.", ge=0, le=86_400)
    ] = 300.0
    busy_max: Annotated[
        float,
        About(
            "Seconds for which a URL that is put off (429) is asked again at no attempt; 0: that is a"
            " failure like others.",
            ge=0,
            le=86_400,
        ),
    ] = 600.0
    max_redirects: Annotated[int, About("Redirects in a row before a URL is given up.", ge=0, le=50)] = 10
    user_agent: Annotated[
        HeaderText, About("The User-Agent header, and the name looked for in robots.txt.")
    ] = f"crawler/{VERSION}"
    content_types: Annotated[
        tuple[MediaPattern, ...],
        About("Media types whose bodies are read; anything else stops after the headers."),
    ] = READABLE
    spool_above: Annotated[
        int, About("Bytes above which a body waits in a file, not in memory.", ge=1, le=GIB)
    ] = MIB
    allow_addresses: Annotated[
        tuple[Network, ...], About("Private or local addresses that may be connected to.")
    ] = ()
    proxy: Annotated[
        ProxyUrl | None,
        About(
            "The proxy that everything goes through; socks5 needs the extra socks. HTTP_PROXY is not read."
        ),
    ] = None
    proxy_login: Annotated[EnvName | None, About("The variable that holds the proxy's USER:PASSWORD.")] = None
    verify_tls: Annotated[bool, About("Whether a server's certificate must be valid.")] = True
    ca_file: Annotated[
        FilePath | None, About("A PEM file of certificates that are trusted beside the system's own.")
    ] = None


class SessionConfig(Section, frozen=True, kw_only=True):
    """What is sent beside the plain request, and to whom; see sessions.md. Secrets are never written here."""

    cookies: Annotated[
        bool,
        About(
            "Whether cookies that servers set are sent back, each to its own origin, until the crawl ends."
        ),
    ] = False
    send_cookies: Annotated[
        tuple[CookieLine, ...], About("Cookies of yours, for the seeds' origins or the one that each names.")
    ] = ()
    headers: Annotated[
        tuple[HeaderLine, ...], About("Headers of yours, for the origins of the seeds and scope.origins.")
    ] = ()
    auth: Annotated[tuple[AuthLine, ...], About("Logins, each for one origin.")] = ()


class PolitenessConfig(Section, frozen=True, kw_only=True):
    """How hard one host is asked. Automatic: full speed on loopback, else 2 requests and 0.5 s."""

    per_host: Annotated[
        int | None, About("Requests at once to one host; none is automatic.", ge=1, le=10_000)
    ] = None
    delay: Annotated[
        float | None, About("Seconds between requests to one host; none is automatic.", ge=0, le=3600)
    ] = None
    max_crawl_delay: Annotated[
        float, About("Seconds of Crawl-delay granted to robots.txt, at most.", ge=0, le=3600)
    ] = 60.0
    throttle: Annotated[bool, About("Whether a host whose latency or errors grow is asked slower.")] = True
    throttle_max_delay: Annotated[
        float, About("Seconds between requests that the throttle chooses, at most.", ge=0, le=3600)
    ] = 10.0


class RobotsConfig(Section, frozen=True, kw_only=True):
    """What robots.txt and robots directives are worth."""

    obey: Annotated[bool, About("Whether robots.txt, X-Robots-Tag and meta robots are obeyed.")] = True
    max_bytes: Annotated[
        int, About("Bytes read of robots.txt (RFC 9309: 512000 or more).", ge=1024, le=64 * MIB)
    ] = 512 * 1024


class SitemapsConfig(Section, frozen=True, kw_only=True):
    """Lists of pages that a site offers to crawlers. Without them, a crawl is what links lead to."""

    follow: Annotated[
        bool, About("Whether the sitemaps that robots.txt names are read, and their pages crawled.")
    ] = False
    urls: Annotated[tuple[WebUrl, ...], About("Sitemaps to be read, named by you.")] = ()
    max_bytes: Annotated[
        int, About("Bytes of one sitemap after decompression; the rest is cut off.", ge=1024, le=GIB)
    ] = 50 * MIB
