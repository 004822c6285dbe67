"""What a selector finds in a page: the elements that a user's extract function works with.

The names are this program's own, whatever parses; those of parsel (``::text``, ``::attr(name)``, ``get``,
``getall``, ``attrib``) are understood too.
"""

import re
from abc import ABC, abstractmethod
from typing import TypeVar, overload

import turbohtml

_T = TypeVar("_T")
_PSEUDO = re.compile(r"(^\s*|,\s*|\s*)::(?:text|attr\(\s*([^\s()]+)\s*\))\s*(?=,|\Z)")


class _WithAttributes(ABC):
    """What an element, and a list of them for its first one, answer alike."""

    __slots__ = ()

    @property
    @abstractmethod
    def attrs(self) -> dict[str, str]:
        """All of them, by name."""

    @property
    def attrib(self) -> dict[str, str]:
        """The same as ``attrs``."""
        return self.attrs

    @overload
    def attr(self, name: str) -> str | None: ...
    @overload
    def attr(self, name: str, default: _T) -> str | _T: ...
    def attr(self, name: str, default: object = None) -> object:
        """The value of an attribute; ``default`` where there is none of that name."""
        return self.attrs.get(name, default)


class Element(_WithAttributes):
    """One element of a page; or a text of it, where the selector ends with ``::text`` or ``::attr(name)``."""

    __slots__ = ("_found",)

    def __init__(self, found: turbohtml.Element | str) -> None:
        self._found = found

    @property
    def key(self) -> object:
        """The same of the same element, and of nothing else."""
        return self if isinstance(self._found, str) else self._found

    @property
    def tag(self) -> str:
        """Its name in lower case; empty for a text."""
        return "" if isinstance(self._found, str) else self._found.tag

    @property
    def text(self) -> str:
        """All text in it, as it stands."""
        return self._found if isinstance(self._found, str) else self._found.text

    @property
    def html(self) -> str:
        """Its markup, itself included; of a text, the text."""
        return self._found if isinstance(self._found, str) else self._found.html

    @property
    def attrs(self) -> dict[str, str]:
        """Its attributes; one without a value is empty."""
        if isinstance(self._found, str):
            return {}
        return {name: _value(value) for name, value in self._found.attrs.items()}

    def css(self, selector: str) -> "Elements":
        """What matches in it, as :meth:`ExtractPage.css`."""
        return Elements() if isinstance(self._found, str) else select(self._found, selector)

    select = css

    def get(self) -> str:
        """Its markup; of a text, the text."""
        return self.html

    def getall(self) -> list[str]:
        """The same in a list."""
        return [self.html]

    def __repr__(self) -> str:
        return f"<{self.tag or 'text'} {self.text[:40]!r}>"


class Elements(list[Element], _WithAttributes):
    """What a selector found, in document order: a list, which also answers for its first element."""

    def css(self, selector: str) -> "Elements":
        """What matches in any of them, each once."""
        found = (inner for element in self for inner in element.css(selector))
        return Elements({inner.key: inner for inner in found}.values())

    select = css

    @property
    def text(self) -> str | None:
        """The first one's text; None where there is none."""
        return self[0].text if self else None

    @property
    def attrs(self) -> dict[str, str]:
        """The first one's attributes."""
        return self[0].attrs if self else {}

    @overload
    def get(self) -> str | None: ...
    @overload
    def get(self, default: _T) -> str | _T: ...
    def get(self, default: object = None) -> object:
        """The first one's markup, or the first text; ``default`` where there is none."""
        return self[0].html if self else default

    def getall(self) -> list[str]:
        """The markup of each, or the texts."""
        return [element.html for element in self]


def select(tree: turbohtml.Document | turbohtml.Element, selector: str) -> Elements:
    """What matches ``selector`` below ``tree``. Raises ValueError where it is none."""
    names = {found[2] for found in _PSEUDO.finditer(selector)} if "::" in selector else ()
    if not names:
        return Elements(map(Element, tree.select(selector)))
    if len(names) > 1:
        raise ValueError(f"the selector {selector!r} asks for different things at once")
    elements, (name,) = tree.select(_PSEUDO.sub(_any_element, selector)), names
    if name:
        return Elements(Element(_value(e.attrs[name])) for e in elements if name in e.attrs)
    texts = (child for element in elements for child in element.children)
    return Elements(Element(text.data) for text in texts if isinstance(text, turbohtml.Text))


def _any_element(pseudo: re.Match[str]) -> str:
    """What stands for a pseudo-element: with nothing in front of it, it is meant of every element there."""
    return f"{pseudo[1]}*" if pseudo[1] or pseudo.start() == 0 else ""


def _value(value: str | list[str] | None) -> str:
    """An attribute's value; the parser takes lists of words (``class``, ``rel``) apart."""
    return " ".join(value) if isinstance(value, list) else value or ""
