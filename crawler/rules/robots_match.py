"""Whether a rule of robots.txt matches a path, and which rule wins (RFC 9309 §2.2.2 and §2.2.3).

Of the rules that match the longest wins, and of equally long ones allow. Paths are compared octet
by octet in one percent-encoded form (RFC 3986 §6.2.2): escapes of unreserved characters are
undone, whatever may not stand in a URL is escaped, and so are ``*`` and ``$`` in a URL, which have
a meaning only in a rule.
"""

import re
from collections.abc import Iterable

_AUTHORITY = re.compile(r"(?:[A-Za-z][\w+.-]*:)?(?://)?[^/?#]*")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_TO_RECODE = re.compile(rb"%([0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~:/?#\[\]@!&'()+,;=%]")


def path_of(url: str) -> str:
    """Path and query of a URL, serialised or not, in the form that is compared."""
    path = url[_AUTHORITY.match(url).end() :].partition("#")[0]  # type: ignore[union-attr]
    return _canonical((path if path.startswith("/") else f"/{path}").encode("utf-8", "surrogatepass"))


def _canonical(octets: bytes) -> str:
    return _TO_RECODE.sub(_recode, octets).decode("ascii")


def _recode(match: re.Match[bytes]) -> bytes:
    octet = int(match[1], 16) if match[1] else match[0][0]
    return bytes((octet,)) if octet in _UNRESERVED else b"%%%02X" % octet


class Matcher:
    """The rules of one crawler, made for fast answers. No regular expressions: nothing can blow up.

    Rules without wildcards are found by slicing the path, so their number does not matter.
    """

    def __init__(self, rules: Iterable[tuple[bool, bytes]]) -> None:
        self._prefixes: dict[str, bool] = {}
        wild: dict[tuple[str, bool], bool] = {}
        for allow, pattern in rules:
            text, anchored = _form(pattern)
            if anchored or "*" in text:
                wild[text, anchored] = wild.get((text, anchored), False) or allow
            else:
                self._prefixes[text] = self._prefixes.get(text, False) or allow
        self._lengths = sorted({len(prefix) for prefix in self._prefixes}, reverse=True)
        self._wild = [
            (len(text) + anchored, allow, _pieces(text), anchored) for (text, anchored), allow in wild.items()
        ]
        self._wild.sort(key=lambda rule: rule[:2], reverse=True)

    def allows(self, path: str) -> bool:
        """True where a path, as :func:`path_of` gives it, may be fetched."""
        longest, verdict = 0, True
        for length in self._lengths:
            if length <= len(path) and (found := self._prefixes.get(path[:length])) is not None:
                longest, verdict = length, found
                break
        for length, allow, pieces, anchored in self._wild:
            if length < longest or (length == longest and verdict):
                break
            if _matches(pieces, anchored, path):
                return allow or (length == longest and verdict)
        return verdict


def matched_length(pattern: bytes, path: str) -> int | None:
    """How long a rule counts that matches ``path`` (of :func:`path_of`); None where it does not match."""
    text, anchored = _form(pattern)
    return len(text) + anchored if _matches(_pieces(text), anchored, path) else None


def _form(pattern: bytes) -> tuple[str, bool]:
    """A rule's path in the form that is compared, with its wildcards, and whether it ends there (``$``)."""
    text = "*".join(_canonical(part) for part in pattern.removesuffix(b"$").split(b"*"))
    return text, pattern.endswith(b"$")


def _pieces(pattern: str) -> tuple[str, ...]:
    """What stands between the wildcards; the first at the path's start, the last at its end or open."""
    first, *others = pattern.split("*")
    return (first, *filter(None, others[:-1]), *others[-1:])


def _matches(pieces: tuple[str, ...], anchored: bool, path: str) -> bool:
    """Each piece at its leftmost place after the one before: if any arrangement fits, this one does."""
    first, *others = pieces
    if not others:
        return path == first if anchored else path.startswith(first)
    if not path.startswith(first):
        return False
    at = len(first)
    for piece in others[:-1]:
        at = path.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    last = others[-1]
    if anchored:
        return len(path) - len(last) >= at and path.endswith(last)
    return path.find(last, at) >= 0
