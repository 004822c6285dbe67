"""Faults of text: wrong labels, late and lying declarations, bytes that are no text, the wrong type."""

from crawler.lab.faults.manifest import Fault, Here, answer, html, ok, page, skipped
from crawler.model.outcomes import Kind

_TITLE = "Čeština"
_ROOT = "<!doctype html><html lang=cs>"
_LATE = 2_000


def faults(_here: Here) -> list[Fault]:
    """The group."""
    return [*_labels(), *_metas(), *_marks(), *_bytes(), *_types(), *_queries()]


def _text(charset: str, meta: str = "", before: str = "") -> bytes:
    return f"{_ROOT}{before}{meta}<title>{_TITLE}</title><p>Text".encode(charset)


def _read(name: str, charset: str, body: bytes, media: str = "text/html", title: str = _TITLE) -> Fault:
    """A page that must be read in ``charset``."""
    return Fault(name, answer(body, media=media), ok(charset=charset, title=title))


def _said(label: str) -> str:
    return f"text/html; charset={label}"


def _labels() -> list[Fault]:
    utf8, czech = _text("utf-8"), _text("cp1250")
    with_meta = _text("cp1250", '<meta charset="windows-1250">')
    return [
        _read("charset-said", "windows-1250", czech, _said("windows-1250")),
        _read("charset-in-quotes", "windows-1250", czech, _said("'windows-1250'")),
        _read("charset-wrong", "windows-1252", utf8, _said("windows-1252"), title="ÄŒeÅ¡tina"),
        _read("charset-bogus", "UTF-8", utf8, _said("klingon")),
        _read("charset-bogus-and-meta", "windows-1250", with_meta, _said("klingon")),
        _read("charset-empty", "UTF-8", utf8, _said("")),
        _read("charset-twice", "UTF-8", utf8, _said("utf-8; charset=big5")),
        _read("charset-utf-7", "UTF-8", utf8, _said("utf-7")),
        _read("charset-latin1-is-1252", "windows-1252", b"<title>\x80uro", _said("latin1"), title="€uro"),
        _read("charset-unsaid", "windows-1252", b"<title>caf\xe9", title="café"),
        Fault(
            "charset-of-no-text", answer(b"\x80" * 300, media=_said("replacement")), ok(charset="replacement")
        ),
    ]


def _metas() -> list[Fault]:
    meta = '<meta charset="windows-1250">'
    pragma = '<meta http-equiv=Content-Type content="text/html; charset=windows-1250">'
    early, late = f"<!--{'x' * 500}-->", f"<!--{'x' * _LATE}-->"
    utf8, czech = "UTF-8", "windows-1250"
    return [
        _read("meta", czech, _text("cp1250", meta)),
        _read("meta-pragma", czech, _text("cp1250", pragma)),
        _read("meta-after-500-bytes", czech, _text("cp1250", meta, early)),
        _read("meta-after-2-kb", czech, _text("cp1250", meta, late)),
        _read("meta-two", czech, _text("cp1250", meta + "<meta charset=utf-8>")),
        _read("meta-in-a-comment", utf8, _text("utf-8", f"<!--{meta}-->")),
        _read("meta-against-the-header", utf8, _text("utf-8", meta), _said("utf-8")),
        _read("meta-utf-16-is-utf-8", utf8, _text("utf-8", "<meta charset=utf-16>")),
        _read("meta-bogus", utf8, _text("utf-8", "<meta charset=klingon>")),
    ]


def _marks() -> list[Fault]:
    utf8, little, big = (_text(codec) for codec in ("utf-8-sig", "utf-16-le", "utf-16-be"))
    return [
        _read("mark-utf-8", "UTF-8", utf8),
        _read("mark-against-the-header", "UTF-8", utf8, _said("big5")),
        _read("mark-utf-16-le", "UTF-16LE", b"\xff\xfe" + little),
        _read("mark-utf-16-be", "UTF-16BE", b"\xfe\xff" + big),
        _read("utf-16-le-said", "UTF-16LE", little, _said("utf-16le")),
        _read("utf-16-be-said", "UTF-16BE", big, _said("utf-16be")),
        _read("utf-16-odd-length", "UTF-16LE", b"\xff\xfe" + little + b"x"),
        Fault("mark-alone", answer(b"\xff\xfe", media="text/html"), ok(charset="UTF-16LE", title=None)),
    ]


def _queries() -> list[Fault]:
    """Links that ask in their page's own encoding, which is not what Python has under that name."""
    asked = {
        "windows-874": (b"\xa1", "%A1"),
        "shift_jis": (b"\x87@", "%87@"),
        "iso-8859-8-i": (b"\xe0", "%E0"),
        "big5": (b"\xf9\xf9", "%F9%F9"),
        "iso-2022-jp": (b"\x1b$B-!\x1b(B", "%1B$B-!%1B(B"),
    }
    return [
        Fault(
            f"query-in-{charset}",
            answer(b"<a href='/asked-in?%b'>x</a>" % query, media=_said(charset)),
            ok(links=1),
            {f"/asked-in?{coded}": (page("Asked"), ok(title="Asked"))},
        )
        for charset, (query, coded) in asked.items()
    ]


def _bytes() -> list[Fault]:
    return [
        Fault("nul-in-the-page", page("Nul", "<p>a\0b<a href='#a\0'>x</a>"), ok(title="Nul", links=1)),
        Fault("nul-in-the-title", answer(b"<title>a\0b</title>"), ok()),
        Fault("nul-only", answer(bytes(10_000)), ok(title=None, links=0)),
        Fault("bytes-at-random", answer(bytes(range(256)) * 400), ok(bytes=102_400)),
        Fault("utf-8-broken", answer(b"<title>a\xff\xc3(b</title>"), ok(title="a\ufffd\ufffd(b")),
        Fault("utf-8-cut-off", answer("<title>Zoë".encode()[:-1]), ok(title="Zo\ufffd")),
        Fault("utf-8-surrogates", answer(b"<title>a\xed\xa0\x80b</title>"), ok(title="a\ufffd\ufffd\ufffdb")),
        Fault("nothing-at-all", answer(b""), ok(title=None, bytes=0, links=0)),
        Fault("white-space-only", answer(b" \r\n\t" * 5_000), ok(title=None, bytes=20_000)),
    ]


def _types() -> list[Fault]:
    linked = html("Typed", '<a href="/never-typed">never</a>')
    no = skipped(Kind.CONTENT_TYPE, 200)
    return [
        Fault(
            "html-as-plain-text",
            answer(linked, media="text/plain"),
            ok(title=None, links=0, bytes=len(linked)),
        ),
        Fault("html-as-json", answer(linked, media="application/json"), ok(title=None, links=0)),
        Fault("html-as-css", answer(linked, media="text/css"), ok(title=None, links=0)),
        Fault("html-as-an-image", answer(linked, media="image/png"), no),
        Fault("html-as-bytes", answer(linked, media="application/octet-stream"), no),
        Fault("plain-text-as-html", answer(b"just words, /never-typed"), ok(title=None, links=0)),
        Fault("image-as-html", answer(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20), ok(title=None)),
        Fault(
            "pdf-as-html", answer(b"%PDF-1.7\n%\xe2\xe3\n" + b"1 0 obj <<>> endobj\n" * 50), ok(title=None)
        ),
        Fault("xml-as-html", answer(b"<?xml version='1.0'?><a><b/></a>"), ok(title=None, links=0)),
        Fault(
            "xhtml-broken",
            answer(b"<html><title>Typed</title><p><b></p>", media="application/xhtml+xml"),
            ok(title="Typed"),
        ),
        Fault("type-any", answer(html("Typed"), media="*/*"), ok(title="Typed", content_type="*/*")),
        Fault("type-unknown", answer(html("Typed"), media="unknown/unknown"), ok(title="Typed")),
        Fault(
            "text-without-type", answer(b"words <a href=/never-typed>", media=None), ok(title=None, links=0)
        ),
        Fault("pdf-without-type", answer(b"%PDF-1.7", media=None), no),
        Fault("image-of-any-type", answer(b"\x89PNG\r\n\x1a\n", media="*/*"), no),
        Fault("bytes-as-plain-text", answer(bytes(99), media="text/plain"), no),
        Fault(
            "type-html-in-capitals",
            answer(html("Typed"), media="TEXT/HTML; CHARSET=UTF-8"),
            ok(title="Typed"),
        ),
    ]
