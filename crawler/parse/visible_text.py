"""The text that a reader of the page sees, as one line.

What a browser with scripting off shows, told from the elements alone: no style sheet is read, so
text hidden by one is kept. Everything here happens to the whole tree at once, inside the parser's
C code: a walk over the nodes in Python would cost more than the parsing.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import cast

import turbohtml

_NEVER_SHOWN = (
    # WHATWG HTML § 15.3.1 (hidden elements), the fallback of what every browser can show, and the
    # sources that MathML and SVG carry along.
    "head", "title", "script", "style", "template", "iframe", "noembed", "noframes", "datalist", "rp",
    "audio", "video", "canvas", "annotation", "annotation-xml", "desc", "metadata",
)  # fmt: skip

_WITHIN_A_LINE = (
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "img", "ins",
    "kbd", "label", "mark", "nobr", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
    "time", "tt", "u", "var", "wbr",
)  # fmt: skip
"""Elements that do not part words: ``un<b>usual</b>`` is one word, ``<li>a<li>b`` is two."""
_COMMENTS = turbohtml.XPath("//comment()")
"""They part texts in the tree, and nothing on the screen."""
_PARTS = turbohtml.XPath("string-join(//text(), ' ')")
_TEXT = turbohtml.XPath("normalize-space(string-join(//text(), ' '))")
_LOOKED_AT = 8 * 1024
"""Bytes of a page in which most show whether they have spaces that do not break."""
LARGE = 1024 * 1024
"""Bytes of a page from which on its text is put together piece by piece: in one go, ten megabytes of it take
a hundred and sixty more meanwhile."""
_PIECE = 64 * 1024
"""Characters of a piece."""
_AT_ONCE = 4_096
"""Pieces that are joined at a time."""


def take_visible_text(tree: turbohtml.Document, body: bytes) -> str:
    """The visible text, every run of white space as one space. The tree is used up by this.

    What the page is made of, ``body``, decides how, and has no part in what.
    """
    # All is looked up before anything is taken out: a change throws away the parser's index by name.
    within_a_line = [tag for tag in _WITHIN_A_LINE if tree.find(tag) is not None]
    hidden: list[turbohtml.Node] = []
    hidden += [element for element in tree.iter_elements(_NEVER_SHOWN) if not is_shadow_root(element)]
    # Not by :not(), which takes half as long again, and few pages have any.
    hidden += [
        node for node in tree.select("[hidden]") if (node.attr("hidden") or "").lower() != "until-found"
    ]
    hidden += cast("list[turbohtml.Node]", _COMMENTS(tree))
    for node in hidden:
        node.decompose()
    # Without the inline elements, and with the texts so made neighbours merged, each text that is
    # left is one whole run between two block boundaries.
    if within_a_line:
        tree.strip_tags(",".join(within_a_line))
    if tree.root is not None:
        tree.root.normalize()
    if len(body) >= LARGE:
        return _joined(tree.strings)
    if body.find(b"&nbsp;", 0, _LOOKED_AT) >= 0:  # which XPath leaves, so that all was to be done again
        return " ".join(str(_PARTS(tree)).split())
    text = str(_TEXT(tree))
    return " ".join(text.split()) if _has_other_spaces(text) else text


def _has_other_spaces(text: str) -> bool:
    """Whether there may be white space that XPath does not know, which knows four kinds."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        # No kind is printable but the space itself, which is told in a fifth of the time that it takes to
        # look for all of them.
        return not text.isprintable()
    # Each of eight is looked for in no time, as long as a character is a byte.
    return any(space in text for space in "\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0")


def _joined(texts: Iterable[str]) -> str:
    """The texts with a space between any two, every run of white space as one space."""
    pieces = _pieces(texts)
    # A string for each word, a million of them, would take several times what the text takes.
    return "".join(iter(lambda: "".join(islice(pieces, _AT_ONCE)), ""))


def _pieces(texts: Iterable[str]) -> Iterator[str]:
    parted, is_first = False, True
    for text in texts:
        for begin in range(0, len(text), _PIECE):
            piece = text[begin : begin + _PIECE]
            if words := " ".join(piece.split()):
                if not is_first and (parted or piece[0].isspace()):
                    yield " "
                yield words
                is_first = False
            parted = piece[-1].isspace()
        parted = True


def is_shadow_root(element: turbohtml.Element) -> bool:
    """True for a template whose content the browser attaches and shows (declarative shadow root)."""
    return element.tag == "template" and (element.attr("shadowrootmode") or "").lower() in ("open", "closed")
