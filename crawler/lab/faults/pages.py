"""Faults of pages: huge ones, deep ones, links that barely are links, and traps that have no end."""

from crawler.lab.faults.manifest import (
    MAX_DEPTH,
    MAX_URL_LENGTH,
    Answer,
    Call,
    Fault,
    Here,
    Kept,
    Wanted,
    answer,
    html,
    ok,
    page,
)

_MB = 1_000_000
_LEVELS = 50_000
_LINKS = 100_000
_TITLE = "Huge"


def faults(here: Here) -> list[Fault]:
    """The group."""
    return [*_huge(), *_odd_links(here), *_bases(here), *_sent_on()]


def _huge() -> list[Fault]:
    line = html(_TITLE, "x" * 5 * _MB)
    words = html(_TITLE, "<b>word</b> " * (5 * _MB // 12))
    elsewhere = "".join(f'<a href="http://elsewhere.invalid/{number}">' for number in range(_LINKS))
    same = f'<a href="#{"x" * 20}">x</a>' * _LINKS
    attributes = "<p " + " ".join(f"a{number}=1" for number in range(20_000)) + ">"
    return [
        Fault("one-line-of-5-mb", answer(line), ok(title=_TITLE, bytes=len(line))),
        Fault("words-of-5-mb", answer(words), ok(title=_TITLE, bytes=len(words))),
        Fault("links-100000", page(_TITLE, elsewhere), ok(title=_TITLE, links=_LINKS)),
        Fault("links-100000-all-the-same", page(_TITLE, same), ok(title=_TITLE, links=1)),
        Fault(
            "link-of-40-kb",
            page(_TITLE, f'<a href="/never-{"x" * MAX_URL_LENGTH}">x</a>'),
            ok(title=_TITLE, links=1),
        ),
        Fault("levels-50000", page(_TITLE, "<div>" * _LEVELS), ok(title=_TITLE)),
        Fault("levels-50000-of-b", page(_TITLE, "<b>" * _LEVELS), ok(title=_TITLE)),
        Fault("levels-50000-of-tables", page(_TITLE, "<table><tr><td>" * (_LEVELS // 3)), ok(title=_TITLE)),
        Fault("attributes-20000", page(_TITLE, attributes), ok(title=_TITLE)),
        Fault("attribute-of-1-mb", page(_TITLE, f'<p title="{"x" * _MB}">'), ok(title=_TITLE)),
        Fault("title-of-1-mb", page("t" * _MB), ok(title="t" * _MB)),
        Fault("comment-without-end", page(_TITLE, "<!--" + "x" * _MB), ok(title=_TITLE)),
        Fault("script-without-end", page(_TITLE, "<script>" + "</scrip" * 100_000), ok(title=_TITLE)),
        Fault("title-without-end", answer(b"<title>Huge"), ok(title=_TITLE)),
        Fault("brackets-200000", page(_TITLE, "<" * 200_000), ok(title=_TITLE)),
        Fault("entities-200000", page(_TITLE, "&notanentity;&#xFFFFFFFF;" * 100_000), ok(title=_TITLE)),
    ]


def _odd_links(here: Here) -> list[Fault]:
    long = "/long?" + "q" * 20_000
    inside = {
        "/o/zoë": "/o/zo%C3%AB",
        "/o/with space": "/o/with%20space",
        " \t/o/padded\n ": "/o/padded",
        "/o/li\nne\tbreak": "/o/linebreak",
        "\\o\\backslashes": "/o/backslashes",
        f"//127.0.0.1:{here.port}/o/no-scheme": "/o/no-scheme",
        f"http:\\\\127.0.0.1:{here.port}\\o\\all-backslashes": "/o/all-backslashes",
        "http:o/no-slashes": "/o/no-slashes",
        f"HTTP://127.0.0.1:0{here.port}/o/port-with-zeros": "/o/port-with-zeros",
        f"http://0x7f.1:{here.port}/o/host-in-hex": "/o/host-in-hex",
        f"http://１２７.0.0.1:{here.port}/o/host-full-width": "/o/host-full-width",
        "/o/x/../y/./z": "/o/y/z",
        "/o/%2e%2e/o/dots-coded": "/o/dots-coded",
        "/../../../o/above-the-root": "/o/above-the-root",
        "/o/%zz%": "/o/%zz%",
        "/o/%2F%2f": "/o/%2F%2f",
        "/o/a|b^c`d{e}": "/o/a|b%5Ec%60d%7Be%7D",
        "/o/<b>'&quot;": "/o/%3Cb%3E'%22",
        "/o/;params=1,2;x": "/o/;params=1,2;x",
        "/o/?": "/o/?",
        "/o/?&&a=b=c&": "/o/?&&a=b=c&",
        "/o/q?ä=ö+ü%20": "/o/q?%C3%A4=%C3%B6+%C3%BC%20",
        "/o//double//slashes//": "/o//double//slashes//",
        "/o/emoji-😀": "/o/emoji-%F0%9F%98%80",
        "/o/a%00b": "/o/a%00b",
        "/o/back%5Cslash": "/o/back%5Cslash",
        "/o/fragment?x#y?z#w": "/o/fragment?x",
        "/o/" + "d/" * 500: "/o/" + "d/" * 500,
        long: long,
    }
    outside = [
        "http://bücher.invalid/", "http://xn--bcher-kva.invalid/2", "https://127.0.0.1/",
        "http://user:pass@elsewhere.invalid/", f"http://127.0.0.1.elsewhere.invalid:{here.port}/",
        f"http://127.0.0.1:{here.port}@elsewhere.invalid/",
    ]  # fmt: skip
    nowhere = [
        "javascript:void(0)", "mailto:a@b.example", "tel:+1", "data:text/html,<a href=/never-data>",
        "ftp://a/", "file:///etc/passwd", "about:blank", "blob:x", "x:y", "http://", "http://[::1",
        "http://a b/", "http://127.0.0.1:99999/", "http://127.0.0.1:x/", "http://1.2.3.4.5/",
        "http://%zz/", "http://a<b/", f"http://127.0.0.1:{here.port}.elsewhere.invalid/",
    ]  # fmt: skip
    body = "".join(f'<a href="{href}">x</a>' for href in (*inside, *outside, *nowhere))
    targets: dict[str, tuple[Answer | None, Wanted]] = {
        path: (page("Odd"), ok(title="Odd")) for path in inside.values()
    }
    return [Fault("odd-links", page("Odd", body), ok(links=len(inside) + len(outside)), targets)]


def _bases(here: Here) -> list[Fault]:
    def based(name: str, head: str, target: str | None = None) -> Fault:
        body = f"<html><head>{head}<title>Based</title></head><a href=target>x</a>".encode()
        more: dict[str, tuple[Answer | None, Wanted]] = {}
        if target is not None and target.startswith("/"):
            more[target] = (page("Target"), ok(title="Target"))
        url = target if target is None or not target.startswith("/") else here.origin + target
        return Fault(f"base-{name}/", answer(body), ok(links=[url] if url else 0), more)

    return [
        based(
            "elsewhere", '<base href="http://elsewhere.invalid/dir/">', "http://elsewhere.invalid/dir/target"
        ),
        based(
            "elsewhere-without-scheme", '<base href="//elsewhere.invalid">', "http://elsewhere.invalid/target"
        ),
        based("inside", '<base href="/inside/x">', "/inside/target"),
        based("relative", "<base href=deep/er/>", "/base-relative/deep/er/target"),
        based("broken", '<base href="http://[">', "/base-broken/target"),
        based("empty", '<base href="">', "/base-empty/target"),
        based("two", "<base href=/first/><base href=/never/>", "/first/target"),
        based("target-only", "<base target=_top><base href=/later/>", "/later/target"),
        based("javascript", '<base href="javascript:1">', "/base-javascript/target"),
        based("data", '<base href="data:text/html,">', "/base-data/target"),
        based("port", '<base href="http://127.0.0.1:9/">', "http://127.0.0.1:9/target"),
    ]


def _sent_on() -> list[Fault]:
    """Links that are no ``<a href>`` of HTML."""
    drawn = b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">%b</svg>'
    link = b'<a xlink:href="/to-%b"><text>x</text></a>'

    def leads(name: str, given: Kept) -> Fault:
        more: dict[str, tuple[Answer | None, Wanted]] = {f"/to-{name}": (page("There"), ok(title="There"))}
        return Fault(name, given, ok(links=1), more)

    return [
        leads("svg-link", answer(b"<title>x</title>" + drawn % (link % b"svg-link"))),
        leads("svg-document", answer(drawn % (link % b"svg-document"), media="image/svg+xml")),
        leads("refresh-in-meta", answer(b'<meta http-equiv=refresh content="0;url=/to-refresh-in-meta">')),
        leads("refresh-in-header", answer(b"<p>On", "Refresh: 0; URL='/to-refresh-in-header'")),
    ]


def traps(_here: Here) -> list[Fault]:
    """Pages without end; linked from a page of depth 1."""
    days = {
        f"/calendar/{day}": (_linking(f"/calendar/{day + 1}"), ok(depth=day + 2))
        for day in range(1, MAX_DEPTH - 1)
    }
    growing = {f"/grow{'/on' * times}": (_growing, ok()) for times in range(1, 6)}
    return [
        Fault("calendar/0", _linking("/calendar/1"), ok(depth=2), days),
        Fault("sessions", _session, ok(links=2)),
        Fault("grow", _growing, ok(links=1), growing),
        Fault(
            "by-query?a",
            _linking("/by-query?a&amp;", "/by-query?a#b"),
            ok(links=2),
            {"/by-query?a&": (page("x"), ok())},
        ),
    ]


def _linking(*hrefs: str) -> Kept:
    return page("A trap", "".join(f'<a href="{href}">on</a>' for href in hrefs))


async def _growing(call: Call) -> bool:
    return await call.give(_linking(f"{call.path}/on"))


async def _session(call: Call) -> bool:
    return await call.give(_linking(f"/sessions?sid={call.nth}", f"/sessions?a=b&sid={call.nth}{call.nth}"))
