"""Chinese in lines: between its characters a line may end, though no spaces are there."""

import re

_OPENING, _CLOSING = "“‘（《〈「『【", "，。；：！？、）》〉」』】”’…"
_HAN = "\u3400-\u9fff\uf900-\ufaff"
_PIECE = re.compile(
    rf"\s*[{_OPENING}]*(?:[{_HAN}]|[^\s{_HAN}{_OPENING}{_CLOSING}]+|[{_CLOSING}])[{_CLOSING}]*|\s+|."
)
"""What stays in one line: a character or a word, with its opening and closing marks."""


def fit(text: str, width: int) -> str:
    """A text in lines of at most ``width`` cells, if it is Chinese; any other is for the terminal to wrap.

    No line begins with a closing mark, nor ends with an opening one.
    """
    if re.search(f"[{_HAN}]", text) is None:
        return text
    return "\n".join(_fit(line, width) for line in text.split("\n"))


def _fit(line: str, width: int) -> str:
    from rich.cells import cell_len

    lines = [""]
    for piece in _PIECE.findall(line):
        if lines[-1] and cell_len(lines[-1] + piece) > width:
            lines.append(piece.lstrip())
        else:
            lines[-1] += piece
    return "\n".join(lines)
