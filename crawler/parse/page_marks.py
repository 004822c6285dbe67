"""What is odd in one page, told from the page alone; and what in it can be linked to."""

import re
from collections import Counter
from collections.abc import Callable

import turbohtml

from crawler.model.facts import Mark, Odd
from crawler.parse.element_places import NOWHERE, Places
from crawler.parse.html import Markup, declared_by_meta
from crawler.parse.noted import MAX_DETAIL
from crawler.rules.charset import of_header, of_mark, of_xml
from crawler.rules.content_type import FIRST, HTML, essence
from crawler.rules.sniff import PLAIN, sniff_type

MAX_MARKS = 1_000
"""Marks of one kind that a page gets; what is odd ten thousand times is so for one reason."""
_OF_HTML = re.compile(rb"<(?:!doctype html|html)[\s>]", re.IGNORECASE)
_END_OF_FORM = re.compile(r"</form[\s/>]", re.IGNORECASE)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def find_anchors(markup: Markup, places: Places) -> tuple[list[str], list[Mark]]:
    """Every id, and every name of an ``<a>``, in document order and once each; and the ids that are repeated.

    Not those in a shadow root, to which no link leads and which may repeat those outside it.
    """
    tree = markup.tree
    named = tree.select("a[name]")
    elements = tree.select("[id],a[name]" if named else "[id]")
    if tree.find("template") is not None:
        shadow: set[turbohtml.Element] = set()
        for root in tree.find_all("template"):
            if root not in shadow:  # else the one around it has brought its elements along
                shadow.update(root.select("*"))
        elements = [element for element in elements if element not in shadow]
    ids = [element.attr("id") or "" for element in elements]
    if named:
        anchors = dict.fromkeys(
            name
            for element, own in zip(elements, ids, strict=True)
            for name in (own, element.attr("name") if element.tag == "a" else "")
            if name
        )
    else:
        anchors = dict.fromkeys(filter(None, ids))
    if len(anchors) == len(ids):
        return list(anchors), []
    counts, met, marks = Counter(ids), set[str](), list[Mark]()
    doubled = [pair for pair in zip(elements, ids, strict=True) if pair[1] and counts[pair[1]] > 1]
    where = places.of_attribute((element for element, _ in doubled[: 10 * MAX_MARKS]), "id")
    # One tag can stand for several elements: of badly nested markup the parser makes copies.
    for (line, column), own in dict.fromkeys(zip(where, (own for _, own in doubled), strict=False)):
        if own in met and len(marks) < MAX_MARKS:
            marks.append(Mark(Odd.DUPLICATE_ID, line, column, own[:MAX_DETAIL]))
        met.add(own)
    return list(anchors), marks


def images_without_alt(markup: Markup, places: Places) -> list[Mark]:
    """Images without a text for those who do not see them, though nothing says that they are ornaments."""
    tree = markup.tree
    images = [image for image in tree.find_all("img") if image.attr("alt") is None]
    images += [image for image in tree.select("input[type=image i]") if image.attr("alt") is None]
    seen: dict[turbohtml.Element, bool] = {}
    shown = [image for image in images if not _is_ornament(image) and _is_shown(image, seen)][:MAX_MARKS]
    marks = (
        Mark(Odd.NO_ALT, *places.of_tag(image), (image.attr("src") or "")[:MAX_DETAIL]) for image in shown
    )
    return list(marks)


def _is_ornament(image: turbohtml.Element) -> bool:
    return (image.attr("role") or "").strip().lower() in ("presentation", "none")


def _is_shown(element: turbohtml.Element, known: dict[turbohtml.Element, bool]) -> bool:
    """Neither it nor an element around it is hidden. What was found out is noted in ``known``."""
    passed, at, shown = [], element, True
    while isinstance(at, turbohtml.Element):
        if at in known:
            shown = known[at]
            break
        passed.append(at)
        if at.attr("hidden") is not None or (at.attr("aria-hidden") or "").strip().lower() == "true":
            shown = False
            break
        above = at.parent
        if not isinstance(above, turbohtml.Element):
            break
        at = above
    known.update(dict.fromkeys(passed, shown))
    return shown


def login_forms(markup: Markup, places: Places, url: str, resolve: Callable[[str], str | None]) -> list[Mark]:
    """Each form with a password field, by each URL that it may be sent to; without one, it is ``url``."""
    marks = []
    for form in _forms_with_password(markup, places)[:MAX_MARKS]:
        action = (form.attr("action") or "").strip()
        if (sent_to := resolve(action) if action else url) is not None:
            place = places.of_one(form, "action")
            marks.append(Mark(Odd.LOGIN_FORM, *place, sent_to[:MAX_DETAIL]))
        for button in form.select("[formaction]:not([formaction=''])")[:MAX_MARKS]:
            if (sent_to := resolve(button.attr("formaction") or "")) is not None:
                place = places.of_one(button, "formaction")
                marks.append(Mark(Odd.LOGIN_FORM, *place, sent_to[:MAX_DETAIL]))
    return marks


def _forms_with_password(markup: Markup, places: Places) -> list[turbohtml.Element]:
    """The owners of the page's password fields (WHATWG HTML § 4.10.17.3), in document order."""
    tree = markup.tree
    if tree.select_one("input[type=password i]") is None:
        return []
    owners: dict[turbohtml.Element, None] = {}
    by_id = {form.attr("id"): form for form in reversed(tree.find_all("form"))}
    left_open, closed_at = list[turbohtml.Element](), 0
    for element in tree.select("form,input[type=password i]"):
        if element.tag == "form":
            # Between a table and its rows a form is closed at once, and yet owns what follows.
            left_open = [] if element.children else [element]
            end = _END_OF_FORM.search(markup.source, places.tag_offset(element) or 0)
            closed_at = end.start() if end else len(markup.source)
            continue
        owner = element.closest("form")
        if (named := element.attr("form")) is not None:
            owner = by_id.get(named)
        elif owner is None and left_open and (places.tag_offset(element) or 0) < closed_at:
            owner = left_open[0]
        if owner is not None:
            owners[owner] = None
    return list(owners)


def wrong_charset(
    markup: Markup, places: Places, body: bytes, content_type: str | None, *, truncated: bool
) -> list[Mark]:
    """Where a page is declared in two encodings, in a wrong one, or in none though that matters.

    Of a ``truncated`` body the last character may be cut.
    """
    source, where = markup.source, NOWHERE
    said = {"the byte order mark": of_mark(body), "the Content-Type header": of_header(content_type)}
    if markup.is_xml:
        said["the XML declaration"] = of_xml(body)
    elif (meta := declared_by_meta(markup.tree)) and not markup.charset.startswith("UTF-16"):
        # In UTF-16 a <meta> cannot be read before the encoding is known, and so declares none.
        name, element = meta
        said["the <meta>"] = name
        where = places.of_one(element, "charset" if element.attr("charset") else "content")
    declared = [(who, name) for who, name in said.items() if name]
    if different := [one for one in declared if one[1] != declared[0][1]]:
        (first, name), (second, other) = declared[0], different[0]
        place = where if second == "the <meta>" else NOWHERE
        return [Mark(Odd.CHARSET, *place, f"{first} says {name}, and {second} says {other}")]
    if markup.charset == "UTF-8" and declared and "\ufffd" in source:
        try:
            body.decode()
        except UnicodeDecodeError as error:
            if truncated and error.reason == "unexpected end of data":
                return []
            place = places.at(len(body[: error.start].decode().removeprefix("\ufeff")))
            return [Mark(Odd.CHARSET, *place, "it is declared as UTF-8, and what stands here is not")]
    if not declared and not markup.is_xml and (first_one := _NOT_ASCII.search(source)):
        sentence = f"it is not declared, and was read as {markup.charset}"
        return [Mark(Odd.CHARSET, *places.at(first_one.start()), sentence)]
    return []


def sent_as_text(body: bytes, content_type: str | None) -> list[Mark]:
    """Where a whole page of HTML is called plain text; a text may well begin with some other tag."""
    if essence(content_type or "") != PLAIN:
        return []
    first = body[:FIRST].removeprefix(b"\xef\xbb\xbf")
    is_page = sniff_type(first, None) == HTML and _OF_HTML.search(first)
    return [Mark(Odd.SENT_AS_TEXT, *NOWHERE)] if is_page else []


def upgrades_insecure(tree: turbohtml.Document) -> bool:
    """Whether the page itself has browsers ask by https for what it names by http (CSP, W3C)."""
    policies = tree.select("meta[http-equiv=content-security-policy i][content]")
    return any("upgrade-insecure-requests" in (meta.attr("content") or "").lower() for meta in policies)
