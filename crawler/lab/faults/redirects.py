"""Faults of redirects: circles, chains, and targets that are no URLs or that no page may send us to."""

from crawler.lab.faults.manifest import (
    MAX_REDIRECTS,
    Answer,
    Fault,
    Here,
    Kept,
    Wanted,
    answer,
    lost,
    ok,
    page,
    skipped,
)
from crawler.lab.faults.sending import forever
from crawler.model.outcomes import Kind, Outcome

_TITLE = "At the end of a redirect"

_SPELLINGS = {
    "plain": "127.0.0.1",
    "decimal": "2130706433",
    "hex": "0x7f000001",
    "hex-parts": "0x7f.0.0x0.1",
    "octal": "0177.0.0.01",
    "octal-whole": "017700000001",
    "short": "127.1",
    "shorter": "127.0.1",
    "full-width": "１２７．０．０．１",
    "circled": "①②⑦.⓪.⓪.①",
    "ideographic-stops": "127。0。0。1",
    "percent-coded": "%31%32%37.0.0.1",
    "mapped": "[::ffff:127.0.0.1]",
    "mapped-hex": "[0:0:0:0:0:ffff:7f00:1]",
    "ipv6": "[::1]",
    "compatible": "[::127.0.0.1]",
    "nat64": "[64:ff9b::127.0.0.1]",
    "6to4": "[2002:7f00:1::]",
    "unspecified": "0.0.0.0",  # noqa: S104 - nothing is bound
    "zero": "0",
    "name": "localhost",
    "name-with-a-stop": "localhost.",
    "name-below": "any.localhost",
}
"""This machine, as one may write it: all lead to the neighbour, which must never hear of it."""
_FORBIDDEN = {
    "cloud-metadata": "169.254.169.254",
    "cloud-metadata-decimal": "2852039166",
    "private-10": "10.0.0.1",
    "private-172": "172.16.0.1",
    "private-192": "192.168.0.1",
    "carrier": "100.64.0.1",
    "multicast": "224.0.0.1",
    "broadcast": "255.255.255.255",
    "unique-local": "[fd00::1]",
    "link-local": "[fe80::1]",
}


def faults(here: Here) -> list[Fault]:
    """The group."""
    return [*_statuses(), *_chains(here), *_locations(here), *_elsewhere(here)]


def addresses(here: Here) -> list[Fault]:
    """Redirects and links to addresses that are forbidden, in every spelling.

    Only who names an origin makes it part of the crawl, and so permits it: no page can. These end at
    the scope, before the guard of addresses; that is tried where it is tested, name by name.
    """
    hosts = {name: f"{host}:{here.other}" for name, host in _SPELLINGS.items()} | _FORBIDDEN
    out = skipped(Kind.OUT_OF_SCOPE, 302)
    link = f"http://127.0.0.1:{here.other}/linked"
    return [
        *(Fault(f"to-{name}", _to(f"http://{host}/secret-{name}"), out) for name, host in hosts.items()),
        Fault("link-to-the-neighbour", page(_TITLE, f'<a href="{link}">'), ok(links=1)),
    ]


def _to(location: str, status: str = "302 Found") -> Kept:
    return answer(b"", f"Location: {location.encode().decode('latin-1')}", status=status)


def _onward(name: str, location: str, wanted: Wanted, given: Answer | None = None) -> Fault:
    """A redirect that is followed, and what comes of its target."""
    return Fault(name, _to(location), skipped(Kind.REDIRECTED, 302), {location: (given, wanted)})


def _statuses() -> list[Fault]:
    found = []
    for status in ("301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"):
        code, target = status[:3], f"/after-{status[:3]}"
        wanted = ok(title=_TITLE, redirects=1)
        found.append(
            Fault(
                f"redirect-{code}",
                _to(target, status),
                skipped(Kind.REDIRECTED, int(code)),
                {target: (page(_TITLE), wanted)},
            )
        )
    refused = {"300 Choices": 300, "304 Not Modified": 304, "305 Use Proxy": 305, "306 Switch Proxy": 306}
    for status, number in refused.items():
        name = f"no-redirect-{number}"
        found.append(Fault(name, _to("/never-300", status), lost(Kind.HTTP_STATUS, number, attempts=1)))
    body = b"Location: /never-body\r\nRefresh: 0;url=/never-body\r\n"
    found.append(Fault("redirect-in-the-body", answer(body), ok(links=0)))
    return found


def _chains(here: Here) -> list[Fault]:
    def step(number: int) -> str:
        return f"/chain-{number}"

    moved = skipped(Kind.REDIRECTED, 302)
    good = {step(number): (_to(step(number + 1)), moved) for number in range(1, MAX_REDIRECTS)}
    good[step(MAX_REDIRECTS)] = (page(_TITLE), ok(title=_TITLE, redirects=MAX_REDIRECTS))
    bad = {f"/long-{number}": (_to(f"/long-{number + 1}"), moved) for number in range(1, MAX_REDIRECTS)}
    bad[f"/long-{MAX_REDIRECTS}"] = (_to("/never-long"), _ends(Kind.TOO_MANY_REDIRECTS))
    pair = {"/circle-2": (_to("/circle-1"), _ends(Kind.REDIRECT_LOOP))}
    three = {
        "/ring-2": (_to("/ring-3"), moved),
        "/ring-3": (_to(f"{here.origin}/ring-1"), _ends(Kind.REDIRECT_LOOP)),
    }
    cookie = answer(b"", "Location: /cookie-for-ever", "Set-Cookie: a=b", status="302 Found")
    once_more = Wanted(Outcome.ERROR, Kind.REDIRECT_LOOP, 302, asked=2)
    unsent = {
        "that-is-over": "old=; Max-Age=0",
        "for-elsewhere": "a=b; Path=/x",
        "of-another": "a=b; Domain=b.test",
    }
    return [
        Fault("chain-0", _to(step(1)), moved, good),
        Fault("long-0", _to("/long-1"), moved, bad),
        Fault("itself", _to("/itself"), _ends(Kind.REDIRECT_LOOP)),
        Fault("itself-by-fragment", _to("#here"), _ends(Kind.REDIRECT_LOOP)),
        Fault("circle-1", _to("/circle-2"), moved, pair),
        Fault("ring-1", _to("/ring-2"), moved, three),
        Fault("cookie-for-ever", cookie, once_more),
        *(
            Fault(
                f"cookie-{name}",
                answer(b"", f"Location: /cookie-{name}", f"Set-Cookie: {value}", status="302 Found"),
                _ends(Kind.REDIRECT_LOOP),
            )
            for name, value in unsent.items()
        ),
    ]


def _ends(kind: Kind) -> Wanted:
    return lost(kind, 302, attempts=1)


def _locations(here: Here) -> list[Fault]:
    bad = _ends(Kind.BAD_REDIRECT)
    schemes = {
        "ftp": "ftp://127.0.0.1/x",
        "file": "file:///etc/passwd",
        "data": "data:text/html,hello",
        "javascript": "javascript:alert(1)",
        "mailto": "mailto:a@b.example",
        "unknown-scheme": "x-any:thing",
        "gopher": f"gopher://127.0.0.1:{here.port}/_GET",
    }
    garbage = {
        "nothing": "",
        "no-host": "http://",
        "bad-port": "http://127.0.0.1:99999/",
        "bad-host": "http://a b/",
        "open-bracket": "http://[::1/",
        "bad-ipv4": "http://1.2.3.4.5.6/",
    }
    two = answer(b"", "Location: /two-locations-1", "Location: /never-two", status="302 Found")
    onward = skipped(Kind.REDIRECTED, 302)
    spelled = {
        "in-utf-8": ("/zoë-1", "/zo%C3%AB-1"),
        "with-spaces": ("/with spaces", "/with%20spaces"),
        "with-a-fragment": ("/with-a-fragment#part", "/with-a-fragment"),
        "without-scheme": (f"//127.0.0.1:{here.port}/without-scheme", "/without-scheme"),
        "with-dots": ("/a/b/../../with-dots", "/with-dots"),
        "with-backslashes": ("\\with\\backslashes", "/with/backslashes"),
        "as-a-query": ("?as-a-query", "/location-as-a-query?as-a-query"),
    }
    endless = forever(b"HTTP/1.1 302 Found\r\nLocation: /after-endless\r\n\r\n", b"x" * 65_536)
    return [
        Fault("location-missing", answer(b"", status="302 Found"), bad),
        *(Fault(f"location-{name}", _to(value), bad) for name, value in (schemes | garbage).items()),
        *(
            Fault(f"location-{name}", _to(value), onward, {target: (page(_TITLE), ok(title=_TITLE))})
            for name, (value, target) in spelled.items()
        ),
        Fault("locations-two", two, onward, {"/two-locations-1": (page(_TITLE), ok(title=_TITLE))}),
        Fault("redirect-with-an-endless-body", endless, onward, {"/after-endless": (page(_TITLE), ok())}),
    ]


def _elsewhere(here: Here) -> list[Fault]:
    out = skipped(Kind.OUT_OF_SCOPE, 302)
    return [
        Fault("to-another-host", _to("http://elsewhere.invalid/"), out),
        Fault("to-another-port", _to("http://127.0.0.1:9/"), out),
        Fault("to-https", _to(f"https://127.0.0.1:{here.port}/"), out),
        Fault("to-a-credential", _to("http://127.0.0.1@elsewhere.invalid/"), out),
        Fault("to-an-excluded-page", _to("/page?sid=1"), out),
        _onward("to-robots-forbidden", "/private/x", Wanted(Outcome.SKIPPED, Kind.ROBOTS, None, asked=0)),
    ]
