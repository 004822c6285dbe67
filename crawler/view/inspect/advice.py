"""What would change the end of a URL: for each kind of trouble, the settings that have a say in it."""

from http import HTTPStatus

from crawler.config import Config
from crawler.model.outcomes import Kind
from crawler.rules.guard import literal_address
from crawler.rules.urls import host_port, origin
from crawler.view.inspect.inspection import Inspection, UrlSeen

_OF_SCOPE = {
    "scope.origins": "--set scope.origins={origin} takes that origin in",
    "scope.include": "--include with a pattern that is found in it takes it in",
    "scope.exclude": "leave the exclude pattern out, or make it narrower",
    "scope.max_depth": "a higher --max-depth takes it in",
    "scope.max_url_length": "--set scope.max_url_length=N with a higher N",
    "scope.max_repeats": "--set scope.max_repeats=N with a higher N",
}


def advice(seen: Inspection, config: Config) -> list[str]:
    """Sentences without a full stop; none where it is well, or nothing of ours would change it."""
    last, kind = seen.way[-1], seen.kind
    if last.outcome is None:
        return [of_scope(last.scope.key, last.url)]
    if kind is None or kind is Kind.REDIRECTED:
        return []
    found = _of_kind(kind, last, config)
    if last.is_retried:
        further = "again" if config.fetch.retries == 1 else f"up to {config.fetch.retries} times more"
        found.append(f"a crawl tries it {further} before that is its end (--retries)")
    return found


def of_scope(key: str | None, url: str) -> str:
    """What would take ``url`` in, which the setting ``key`` keeps out."""
    return _OF_SCOPE.get(key or "", "change [scope]").format(origin=origin(url))


def _of_kind(kind: Kind, last: UrlSeen, config: Config) -> list[str]:
    fetch, url = config.fetch, last.url
    match kind:
        case Kind.ROBOTS if last.robots is not None and last.robots.line is not None:
            return [
                "--ignore-robots asks for it all the same, if that site is yours",
                "--user-agent says by which name the rules are looked up",
            ]
        case Kind.FORBIDDEN_ADDRESS:
            return _of_address(last)
        case Kind.DNS:
            return [
                f"look whether {host_port(url)[0]} is spelt right, and known to this machine's name server"
            ]
        case Kind.CONNECT:
            return [f"look whether a server listens there: {origin(url)}"]
        case Kind.TLS:
            return [
                "--set fetch.ca_file=FILE trusts the certificates in a PEM file, too",
                "--insecure trusts any certificate, so that anybody may be the server",
            ]
        case Kind.TIMEOUT:
            return [
                f"--timeout is {fetch.timeout:g} s for all of it; fetch.connect_timeout is"
                f" {_seconds(fetch.connect_timeout)} for each step of connecting, fetch.read_timeout"
                f" {_seconds(fetch.read_timeout)} without a byte"
            ]
        case Kind.OUT_OF_SCOPE:
            return [
                "--set scope.origins=ORIGIN takes the redirect's target in, or --include a pattern for it"
            ]
        case Kind.CONTENT_TYPE:
            return ["--set fetch.content_types=TYPE,… says which types are read"]
        case Kind.TOO_LARGE:
            return [f"--max-body is {fetch.max_body:,} bytes"]
        case Kind.TOO_MANY_REDIRECTS:
            return [f"--max-redirects is {fetch.max_redirects}"]
        case Kind.REDIRECT_LOOP if not config.session.cookies:
            return [
                "--set session.cookies=true keeps cookies, if one of the hops sets the one that is asked for"
            ]
        case Kind.HTTP_STATUS:
            return _of_status(last)
        case Kind.PARSE_TIMEOUT | Kind.PARSE_MEMORY | Kind.PARSE_CRASH | Kind.PARSE_KILLED:
            return _of_parser(kind, config)
        case _:
            return []


def _of_parser(kind: Kind, config: Config) -> list[str]:
    parse, found = config.parse, []
    if kind is Kind.PARSE_TIMEOUT:
        found.append(f"--set parse.timeout=N allows a page more seconds than {parse.timeout:g}")
    if kind is Kind.PARSE_MEMORY:
        found.append("--set parse.max_memory=N allows a parser more bytes, as far as limits.memory does")
    if parse.extract is not None:
        found.append(f"look whether {parse.extract} does it: see what is told without that function")
    return found


def _seconds(value: float | None) -> str:
    return "without bound" if value is None else f"{value:g} s"


def _of_address(last: UrlSeen) -> list[str]:
    refused = [address.address for address in last.addresses if not address.allowed]
    asked = last.requests[-1].url if last.requests else last.url  # of a robots.txt, where that was redirected
    named = refused[0] if refused else literal_address(host_port(asked)[0]) or "ADDRESS"
    return [f"--set fetch.allow_addresses={named} lets it through, if you trust whoever links there"]


def _of_status(last: UrlSeen) -> list[str]:
    status = next((asked.status for asked in reversed(last.requests)), None)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return ["[session] has logins, headers and cookies: session.auth, --header, --cookie"]
    return []
