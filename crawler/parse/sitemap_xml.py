"""Sitemaps and feeds in XML, read as they come in: no tree is built, and nothing in them is expanded.

Read are ``<urlset>`` and ``<sitemapindex>`` (sitemaps.org), RSS (0.91 to 2.0, and 1.0 with its RDF root)
and Atom (RFC 4287). All else in them (dates, priorities, pictures, translations) is passed over.

XML lets a document define names for text, which may contain each other (a kilobyte that stands for
gigabytes) or stand for files and addresses elsewhere. No sitemap needs that, so the first such
definition ends the reading. A document type without definitions, as old RSS has it, is let pass, and
nothing is fetched for it.
"""

import re
from collections.abc import Callable
from typing import NoReturn
from xml.parsers import expat

MAX_NESTED = 256
"""Elements within each other; the memory that they take is all that an XML parser keeps."""
MAX_LETTERS = 2_048
"""Characters of one URL (sitemaps.org); a longer one is left out."""

_TEXTS = {
    ("urlset", "url", "loc"): False,
    ("sitemapindex", "sitemap", "loc"): True,
    ("rss", "item", "link"): False,
    ("rss", "item", "guid"): False,
    ("RDF", "item", "link"): False,
}
"""Where a URL is the text of an element, by root, parent and name; whether it is a further sitemap's."""
ROOTS = frozenset({"feed", *(root for root, _, _ in _TEXTS)})

ROOT = re.compile(rf"<(?:\?xml\s|(?:\w+:)?(?:{'|'.join(sorted(ROOTS))})[\s>])")
NEAR = 4_096
"""Characters in which a sitemap begins, though a server may have written something else in front of it."""


class Unreadable(Exception):
    """The sitemap cannot be read, or not to its end; ``str()`` says why, for people."""


class NotWellFormed(Unreadable):
    """It breaks the rules of XML; much of it may be read all the same."""


class NotASitemap(Unreadable):
    """It is something else."""


Place = tuple[int, int]
"""Line and column, from 1; zeros where they are not known."""
Take = Callable[[str, bool, Place], None]
"""Is told of each URL, trimmed: itself, whether it is a sitemap's, and where its element begins."""


class Elements:
    """Told of elements and text, it tells of each URL."""

    def __init__(self, found: Take, where: Callable[[], Place] | None = None) -> None:
        """``where`` says, of an element that begins, its place."""
        self._found, self._where = found, where
        self._place = 0, 0
        self.open: list[str] = []
        """Local names of the elements that are open."""
        self._links = 0
        """URLs in this item's ``<link>``."""
        self._guid = ""
        self._letters: list[str] | None = None
        """The text of the element that is open, if it is to be a URL."""
        self._room = 0

    def entity(self, *_: object) -> NoReturn:
        """One is defined. Raises Unreadable."""
        raise Unreadable("it defines entities, which no sitemap needs and which may stand for gigabytes")

    @property
    def is_in_url(self) -> bool:
        """The text of the element that is open is to be a URL."""
        return self._letters is not None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins, of that local name. Raises Unreadable."""
        if not self.open and name not in ROOTS:
            raise NotASitemap(f"its root element is <{name[:40]}>")
        self.open.append(name)
        if len(self.open) > MAX_NESTED:
            raise Unreadable(f"more than {MAX_NESTED} elements are nested in it")
        self._letters = None
        root, parent = self.open[0], self.open[-2] if len(self.open) > 1 else ""
        if name == "item":
            self._links, self._guid = 0, ""
        place = (root, parent, name)
        if place in _TEXTS and (name != "guid" or attributes.get("isPermaLink", "true") == "true"):
            self._letters, self._room = [], MAX_LETTERS + 1
            self._place = (0, 0) if self._where is None else self._where()
        elif place == ("feed", "entry", "link") and attributes.get("rel", "alternate") == "alternate":
            self._place = (0, 0) if self._where is None else self._where()
            self._tell(attributes.get("href", ""), False)

    def text(self, text: str) -> None:
        """Text, whole or a part."""
        if self._letters is None or self._room <= 0:
            return
        text = text if self._letters else text.lstrip()
        if text:
            self._letters.append(text[: self._room])
            self._room -= len(text)

    def end(self) -> None:
        """The element that was begun last ends."""
        name = self.open.pop()
        letters, self._letters = self._letters, None
        if letters is not None:
            url = "".join(letters)
            if name == "guid":
                self._guid = url
            else:
                self._links += 1 if name == "link" and url.strip() else 0
                self._tell(url, _TEXTS[self.open[0], self.open[-1], name])
        elif name == "item" and not self._links:
            # RSS 2.0: a permanent link stands for the link that an item may leave out.
            self._tell(self._guid, False)

    def _tell(self, url: str, is_sitemap: bool) -> None:
        url = url.strip()
        if url and len(url) <= MAX_LETTERS:
            self._found(url, is_sitemap, self._place)


class XmlReader:
    """Reads XML, fed with text."""

    def __init__(self, found: Take, skipped: int | None = None) -> None:
        """``skipped`` lines stand before what it is fed with; None: no places are wanted."""
        parser = self._parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        elements = Elements(found, None if skipped is None else lambda: self._place(skipped))
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, attributes: elements.start(
            name.rpartition(" ")[2], attributes
        )
        parser.EndElementHandler = lambda _: elements.end()
        parser.CharacterDataHandler = elements.text
        parser.EntityDeclHandler = elements.entity
        parser.ExternalEntityRefHandler = elements.entity

    def feed(self, text: str) -> None:
        """The next part of the document. Raises Unreadable."""
        self._parse(text, False)

    def end(self) -> None:
        """There is no more. Raises Unreadable where something is still open."""
        self._parse("", True)

    def _place(self, skipped: int) -> Place:
        return self._parser.CurrentLineNumber + skipped, self._parser.CurrentColumnNumber + 1

    def _parse(self, text: str, is_last: bool) -> None:
        try:
            self._parser.Parse(text, is_last)
        except expat.ExpatError as error:
            raise NotWellFormed(f"it is not well-formed XML ({error})") from error
