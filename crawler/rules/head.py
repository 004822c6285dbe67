"""What is wrong with the head of an answer of HTTP/1.1, in words that quote the line.

Both backends' parsers refuse answers whose end is in doubt, but not quite the same ones, and each in words
of its own. Here is the last word on what they let pass, and the sentence for what they do not.
"""

import re

MAX_FIELD = 65_536
"""Bytes of one header's name and value, and of a status line."""
MAX_FIELDS = 1_000
"""Header lines of one answer."""
MAX_HEAD = 524_288
"""Bytes until a head is whole, with those of interim answers (RFC 9110 section 15.2)."""
HEAD_TOO_LONG = f"the head of the answer is longer than {MAX_HEAD} bytes"

TOO_MANY_FIELDS = f"it has more than {MAX_FIELDS} header lines"
_MOST_DIGITS = 19
"""Of a length: no more fit into 63 bits."""
_END = re.compile(rb"\n\r?\n")
_INTERIM = re.compile(rb"HTTP/1\.[0-9] 1(?!01)")
_FIELD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\0\r\v\f]*")
"""RFC 9112 section 5, with any byte in a value that does not end a line to somebody."""


def lines_of(received: bytes) -> list[bytes]:
    """The header lines at the start of ``received``, which may hold interim answers before and a body behind.

    A line that is folded (RFC 9112 section 5.2) is one line; a last one that may not have come whole is left
    out, unless it is too long already.
    """
    received = received.lstrip(b"\r\n")
    while _INTERIM.match(received) and (end := _END.search(received)):
        received = received[end.end() :]
    end = _END.search(received)
    status, *raw = (received if end is None else received[: end.start()]).split(b"\n")
    if end is None and raw and len(raw[-1]) <= MAX_FIELD:
        raw.pop()
    lines = [status] if len(status) > MAX_FIELD else []
    for line in raw:
        if line[:1] in (b" ", b"\t") and lines:
            lines[-1] += b" " + line.strip()
        else:
            lines.append(line.removesuffix(b"\r"))
    return lines


def fault_of(lines: list[bytes]) -> str | None:
    """Why an answer with these header lines is to be refused, None where it is not.

    Where its body ends must be beyond doubt (RFC 9112 section 6.3): stated once, and in a way that is known
    here. No other transfer coding than ``chunked`` was asked for (section 7.4).
    """
    lengths, codings = [], []
    for line in lines:
        name, _, value = line.partition(b":")
        if len(name) + len(value.strip()) > MAX_FIELD:
            return f"the line {_quoted(line)} has more than {MAX_FIELD} bytes"
        if not _FIELD.fullmatch(line):
            return f"the line {_quoted(line)} is no header"
        name = name.lower()
        if name == b"content-length":
            lengths.append(line)
            digits = value.strip(b" \t")
            if not digits.isdigit() or len(digits.lstrip(b"0")) > _MOST_DIGITS:
                return f"the line {_quoted(line)} states no length"
        elif name == b"transfer-encoding":
            codings.append(line)
            if value.lstrip(b" \t").rstrip(b" ").lower() != b"chunked":  # a tab behind it hides it from some
                return f"the transfer coding of the line {_quoted(line)} is not known here"
    if len(lengths) + len(codings) > 1:
        stated = " and ".join(map(_quoted, [*codings, *lengths][:2]))
        return f"the length of its body is stated more than once, by {stated}"
    if len(lines) > MAX_FIELDS:
        return TOO_MANY_FIELDS
    return None


def _quoted(line: bytes) -> str:
    text = line.decode("utf-8", "backslashreplace")
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
