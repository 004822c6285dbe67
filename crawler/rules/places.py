r"""From a character's offset in a text to its line and column, and back.

Lines end as editors, and HTML's parser, see it: at ``\n``, at ``\r\n``, and at ``\r`` alone. A form feed ends
none, nor does what Unicode calls a line separator.
"""

from bisect import bisect_right
from io import StringIO
from itertools import accumulate


class Lines:
    """Where the lines of ``text`` begin."""

    def __init__(self, text: str) -> None:
        # An empty newline asks for just these three line ends, untranslated; no other split knows just them.
        self._starts = list(accumulate(map(len, StringIO(text, newline="")), initial=0))
        if text and not text.endswith(("\n", "\r")):
            self._starts.pop()  # the text's end begins no line

    def place(self, offset: int) -> tuple[int, int]:
        """The line of the character at ``offset`` and its column there, both counted from 1.

        A column is a character, whatever its width. The text's end has a place too.
        """
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """The offset of the character at this place, as :meth:`place` counts.

        Raises IndexError where the text has fewer lines.
        """
        return self._starts[line - 1] + column - 1

    def tag_offset(self, element_line: int, element_column: int) -> int:
        """The offset of the ``<`` of an element whose ``source_line`` and ``source_col`` turbohtml gave.

        It counts lines from 1 and columns from 0, in characters of the *decoded* page: whatever the encoding,
        each of a NUL, a form feed, a character beyond U+FFFF and a replacement for bytes that are no text is
        one. A byte order mark in front of bytes is none of them, so the text must be without it, as
        :func:`crawler.rules.charset.decode` gives it; one that a string is parsed with is counted. An
        element that has no tag of its own, such as a ``<tbody>`` left out, has neither line nor column.
        """
        return self._starts[element_line - 1] + element_column
