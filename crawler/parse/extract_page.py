"""What a user's extract function is given."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from crawler.parse.html import Document

if TYPE_CHECKING:
    from crawler.parse.elements import Elements


class Headers(Mapping[str, str]):
    """Response headers, looked up whatever the case of their names."""

    def __init__(self, pairs: tuple[tuple[str, str], ...]) -> None:
        """``pairs`` as received, names in lower case."""
        self._pairs = pairs

    def __getitem__(self, name: str) -> str:
        """The value; those of a header that was sent several times, joined by ``", "`` (RFC 9110 § 5.3)."""
        values = self.get_all(name)
        if not values:
            raise KeyError(name)
        return ", ".join(values)

    def get_all(self, name: str) -> list[str]:
        """Each value of the header, in the order received."""
        wanted = name.lower()
        return [value for key, value in self._pairs if key == wanted]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(key for key, _ in self._pairs))

    def __len__(self) -> int:
        return len({key for key, _ in self._pairs})

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.get_all(name))

    def __repr__(self) -> str:
        return f"Headers({dict(self)!r})"


class ExtractPage:
    """One page, parsed."""

    __slots__ = ("_document", "body", "headers", "links", "status", "text", "title", "url")

    def __init__(
        self, url: str, status: int, headers: tuple[tuple[str, str], ...], body: bytes, document: Document
    ) -> None:
        self.url = url
        self.status = status
        self.headers = Headers(headers)
        self.body = body
        """The decoded body, as bytes."""
        self.text = document.text
        """Visible text, every run of white space as one space; for what has no markup, all of it."""
        self.title = document.title
        """None where there is no title."""
        self.links = list(document.links)
        """Absolute, in document order, without repeats."""
        self._document = document

    def css(self, selector: str) -> "Elements":
        """The elements that match, in document order; none where the page is not HTML.

        With ``::text`` or ``::attr(name)`` at its end: the texts that stand in them directly, or the values
        of that attribute. Raises ValueError where it is no selector.
        """
        from crawler.parse.elements import Elements, select  # most crawls extract nothing

        tree = self._document.tree
        return Elements() if tree is None else select(tree, selector)

    def __repr__(self) -> str:
        return f"<page {self.url} {self.status} {self.title!r}>"
