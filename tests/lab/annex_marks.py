"""What is planted in the annex, read off the marks beside each fault: ``python -m tests.lab.annex_marks``
writes ``fixtures/annex/manifest.json``.

It knows nothing of the crawler: lines and columns are counted in the files themselves, a start tag is a
regular expression, and URLs are joined by Python's urllib. The marks are attributes, or comments where none
can stand::

    <a data-fault="broken-link" href="/gone">       the place is the attribute's, the target what it leads to
    <a data-fault="broken-link /gone" href="/old">  the target is another one
    <video data-fault="poster: broken-link" …>      the place is that of another attribute
    <a data-fault="https: mixed-content" …>         only when it is served by https; external: with --external
    <a data-unverified="nofollow" …>                no fault: nobody can know; internal: without --external
    <!-- fault: orphan -->                          the page as a whole
    <!-- here: charset … -->é                       the place is what comes next
    /* fault: broken-link */ url(…)                 so it is in a style sheet, and in the sitemap
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin

PAGES = Path(__file__).parents[2] / "fixtures" / "annex" / "pages"
MANIFEST = PAGES.parent / "manifest.json"
CHECKS = ("http", "https", "external", "branch")
"""How the annex is checked; ``branch`` begins in /branch/, under the server's other name."""
_WHERE = {
    "https": ("https",), "external": ("external",), "branch": ("branch",), "internal": ("http", "https"),
}  # fmt: skip
_ANNEX = ("http", "https", "external")
_TAG = re.compile(r"""<([a-z][a-z0-9]*)((?:[^"'>]|"[^"]*"|'[^']*')*)>""", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+))?""")
_COMMENT = re.compile(r"<!-- (fault|here): (.*?) -->\s*|/\* (fault): (.*?) \*/\s*")
_ASKING = (
    "href", "src", "data", "action", "formaction", "content", "srcset", "imagesrcset", "xlink:href",
)  # fmt: skip
"""Attributes that a mark means unless it names one, the first that is there."""
_NAMED = {"charset": "charset", "duplicate-id": "id"}
"""The same for these rules."""
_OF_THE_TAG = ("empty-title", "duplicate-title", "missing-alt")
"""Rules whose place is that of the tag."""
_AS_WRITTEN = (*_NAMED, "empty-href", "malformed-url", "missing-alt", "missing-lang", "duplicate-title")
"""Rules whose target is what stands in the page, and no URL made of it."""
_WITHOUT_ELEMENT = (
    *_NAMED, *_OF_THE_TAG, "empty-href", "malformed-url", "mixed-content", "insecure-login",
)  # fmt: skip
_LABELS = {"use xlink:href": "use href", "image xlink:href": "use href", "a xlink:href": "a href"}
_RELATIONS = ("stylesheet", "icon", "manifest", "next", "prev", "preload", "alternate", "canonical")
"""Words of ``rel`` by which a ``<link>`` is called; of several the first here."""
_HOST = "http://annex"


class Planted(NamedTuple):
    """One mark."""

    checks: tuple[str, ...]
    """Those in which it is found."""
    rule: str
    """Of what is not verified, the reason."""
    target: str
    """As a path, where it is one of the annex; ``{other}`` is the same server under its other name."""
    page: str
    line: int | None
    column: int | None
    element: str
    is_fault: bool


class _Mark(NamedTuple):
    checks: tuple[str, ...]
    attribute: str
    rule: str
    target: str


def planted() -> Iterator[Planted]:
    """Every mark in every file."""
    for file in sorted(PAGES.rglob("*")):
        if file.is_file():
            name = file.relative_to(PAGES).as_posix()
            page = "/" + re.sub(r"(^|/)index\.html$", r"\1", name)
            text = file.read_bytes().decode("utf-8-sig", "replace")
            yield from _in_tags(page, text)
            yield from _in_comments(page, text)


def _in_tags(page: str, text: str) -> Iterator[Planted]:
    found = re.search(r'<base href="([^"]*)"', text)
    base = urljoin(_HOST + page, found[1] if found else "")
    for tag in _TAG.finditer(text):
        at: dict[str, tuple[int, str]] = {}
        for attribute in _ATTRIBUTE.finditer(text, tag.start(2), tag.end(2)):
            value = unescape((attribute[2] or "").strip("\"'"))
            at.setdefault(attribute[1].lower(), (attribute.start(), value))
        for item in filter(None, at.get("data-unverified", (0, ""))[1].split("; ")):
            mark = _read(item, has_target=False)
            href = next(at[name][1] for name in _ASKING if name in at)
            yield Planted(mark.checks, mark.rule, _target(base, href), page, None, None, "", is_fault=False)
        for item in filter(None, at.get("data-fault", (0, ""))[1].split("; ")):
            yield _in_tag(page, base, text, tag, at, _read(item))


def _in_tag(
    page: str, base: str, text: str, tag: re.Match[str], at: dict[str, tuple[int, str]], mark: _Mark
) -> Planted:
    rule = mark.rule
    name = mark.attribute or _NAMED.get(rule) or next((name for name in _ASKING if name in at), "")
    offset, value = at.get(name, (tag.start(), ""))
    if rule == "duplicate-title":
        value = " ".join(text[tag.end() : text.find("<", tag.end())].split())
    if rule == "empty-href":
        value = f'<{tag[1].lower()} {name}="">'
    target = mark.target or value
    if rule not in _AS_WRITTEN:
        target = page if rule == "empty-title" else _target(base, target)
    if rule not in (*_AS_WRITTEN, "broken-fragment"):
        target = target.partition("#")[0]
    place = _place(text, tag.start() if rule in _OF_THE_TAG else offset)
    element = "" if rule in _WITHOUT_ELEMENT else _label(tag[1].lower(), name, at)
    return Planted(mark.checks, rule, target, page, *place, element, is_fault=True)


def _in_comments(page: str, text: str) -> Iterator[Planted]:
    for comment in _COMMENT.finditer(text):
        item, behind, element = comment[2] or comment[4], text[comment.end() :], ""
        place: tuple[int | None, int | None] = (None, None)
        if comment[1] != "fault" or page.endswith(".xml"):
            place = _place(text, comment.end())
        if page.endswith(".xml"):
            element = "sitemap entry"
            entry = re.sub("{origin}", "", behind[len("<loc>") : behind.find("</loc>")])
            if (found := re.fullmatch(r"(.*); unverified: (.*)", item)) is not None:
                item = found[1]
                mark = _read(found[2], has_target=False)
                yield Planted(mark.checks, mark.rule, entry, page, None, None, "", is_fault=False)
        mark = _read(item)
        target = mark.target
        if page.endswith(".xml"):
            target = target or entry
        elif comment[3]:
            url = re.match(r"""(url\()?\s*["']?([^"')]*)""", behind, re.IGNORECASE)
            assert url is not None
            is_import = text[: comment.start()].endswith("@import ")
            element = f"css {'@import' if is_import else 'url()'}"
            target = target or re.sub(r"\\61", "a", url[2])
        elif (found := re.fullmatch(r"(\S+) \[(.*)\]", target)) is not None:
            target, element = found[1], found[2]
        if mark.rule not in _AS_WRITTEN:
            target = _target(_HOST + page, target)
        yield Planted(mark.checks, mark.rule, target, page, *place, element, is_fault=True)


def _read(item: str, *, has_target: bool = True) -> _Mark:
    checks, attribute = _ANNEX, ""
    while (prefix := re.match(r"([a-z:]+): ", item)) is not None:
        if prefix[1] in _WHERE:
            checks = _WHERE[prefix[1]]
        else:
            attribute = prefix[1]
        item = item[prefix.end() :]
    rule, _, target = item.partition(" ") if has_target else (item, "", "")
    return _Mark(checks, attribute, rule, target)


def _target(base: str, target: str) -> str:
    return target if target.startswith("{other}") else urljoin(base, target).removeprefix(_HOST)


def _place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1."""
    above = text[:offset]
    return above.count("\n") + 1, offset - above.rfind("\n")


def _label(tag: str, name: str, at: dict[str, tuple[int, str]]) -> str:
    """How people are told of the element and the attribute."""
    label = f"{tag} {name}"
    if name in ("srcset", "imagesrcset"):
        label = "srcset"
    elif tag == "link":
        words = at.get("rel", (0, ""))[1].lower().replace("module", "").split()
        label = f"link {next((word for word in _RELATIONS if word in words), name)}"
    elif tag == "meta":
        label = at["property"][1] if "property" in at else "meta refresh"
    return _LABELS.get(label, label)


def manifest() -> dict[str, Any]:
    """What each of the checks must find, and of what it must say that nobody knows."""
    marks = list(planted())
    found: dict[str, Any] = {"about": "Written by python -m tests.lab.annex_marks; see fixtures/README.md."}
    for check in CHECKS:
        findings: dict[tuple[str, str], list[list[object]]] = defaultdict(list)
        unverified: dict[str, list[str]] = defaultdict(list)
        for mark in marks:
            if check in mark.checks and mark.is_fault:
                place = [mark.page, mark.line, mark.column, mark.element]
                findings[mark.rule, mark.target].append(place)
            elif check in mark.checks:
                unverified[mark.rule].append(mark.target)
        found[check] = {
            "findings": [
                {"rule": rule, "target": target, "places": sorted(places, key=str)}
                for (rule, target), places in sorted(findings.items())
            ],
            "unverified": {
                reason: {"references": len(targets), "targets": len(set(targets))}
                for reason, targets in sorted(unverified.items())
            },
        }
    return found


def written(found: dict[str, Any]) -> str:
    """As the manifest stands in its file: a line for each finding and each reason."""

    def lines(opening: str, items: list[str], closing: str) -> str:
        return opening + ",".join(f"\n   {item}" for item in items) + f"\n  {closing}"

    def line(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    parts = [f' "about": {line(found["about"])}']
    for check in CHECKS:
        reasons = [f"{line(reason)}: {line(count)}" for reason, count in found[check]["unverified"].items()]
        findings = lines("[", [line(finding) for finding in found[check]["findings"]], "]")
        unverified = lines("{", reasons, "}")
        parts.append(f' "{check}": {{\n  "findings": {findings},\n  "unverified": {unverified}\n }}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    MANIFEST.write_text(written(manifest()), "utf-8")
