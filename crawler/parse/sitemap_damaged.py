"""Sitemaps that break the rules of XML, read as far as anybody can tell what was meant.

A raw ``&``, a prefix or an entity that nobody declared, a control character, an element that is not closed:
XML stops there, and all the pages that follow would be lost for it. Here a tag is what looks like one, and
all else is text. No entity is expanded but the five that XML knows, as in the strict reader.
"""

import re

from crawler.parse.sitemap_xml import NEAR, ROOT, ROOTS, Elements, Take

_MARKUP = re.compile(
    r"""<(?:!--(?P<comment>)|!\[CDATA\[(?P<data>)|!ENTITY(?P<entity>)|[!?](?P<other>)"""
    r"""|(?P<end>/?)(?P<name>[^\s<>/"'=!?]++)(?P<rest>(?:[^<>"']|"[^"<]*"|'[^'<]*')*+)>)"""
)
_ATTRIBUTE = re.compile(r"""([^\s=<>"']+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""")
_REFERENCE = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,7})|#x([0-9a-fA-F]{1,6}));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_CONTROLS = dict.fromkeys(set(range(32)) - set(map(ord, "\t\n\r")))
_ENTRIES = frozenset({"url", "sitemap", "item", "entry"})
"""None of these lies within another of its kind, so the next one ends the last."""
_WITH_ATTRIBUTES = frozenset({"link", "guid"})


def read_damaged(text: str, found: Take) -> bool:
    """Call ``found`` for each URL; False where ``text`` breaks off in the middle.

    Raises Unreadable.
    """
    elements, had_root = Elements(found), False
    text = text.translate(_CONTROLS).lstrip()
    root = None if text.startswith(("<!", "<?")) else ROOT.search(text, 0, NEAR)
    at = root.start() if root else 0
    while (markup := _MARKUP.search(text, at)) is not None:
        elements.text(_plain(text[at : markup.start()]))
        at = markup.end()
        if markup["comment"] is not None:
            at = _behind("-->", text, at)
        elif markup["data"] is not None:
            end = _behind("]]>", text, at)
            elements.text(text[at : end - 3])
            at = end
        elif markup["entity"] is not None:
            elements.entity()
        elif markup["name"] is not None:
            name = markup["name"].rpartition(":")[2]
            if markup["end"]:
                _close(elements, name)
            elif elements.open or not had_root or name in ROOTS:
                _begin(elements, name, markup["rest"])
                had_root = True
    return not elements.open


def _begin(elements: Elements, name: str, rest: str) -> None:
    if elements.is_in_url:
        elements.end()  # a URL has no elements, so the end of its own is missing
    if name in _ENTRIES:
        _close(elements, name)
    attributes = {}
    if name in _WITH_ATTRIBUTES:
        attributes = {key: _plain(one or two or bare) for key, one, two, bare in _ATTRIBUTE.findall(rest)}
    elements.start(name, attributes)
    if rest.endswith("/"):
        elements.end()


def _close(elements: Elements, name: str) -> None:
    """End the last element of that name with all that is open in it; nothing where none is."""
    if name in elements.open:
        while elements.open[-1] != name:
            elements.end()
        elements.end()


def _behind(mark: str, text: str, at: int) -> int:
    found = text.find(mark, at)
    return len(text) if found < 0 else found + len(mark)


def _plain(text: str) -> str:
    return _REFERENCE.sub(_character, text) if "&" in text else text


def _character(reference: re.Match[str]) -> str:
    name, decimal, hexadecimal = reference.groups()
    if name:
        return _NAMED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if code < 0x110000 else reference[0]
