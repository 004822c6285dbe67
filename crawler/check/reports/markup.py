r"""Words of a site in Markdown, where they must call nobody, load nothing, and end no cell of a table.

In a code span no renderer looks for a mention, a reference, a link, an image or HTML. Of the two characters
that could end one too early, or a cell, each stands outside of it, as an entity.

Source: GitHub Flavored Markdown, https://github.github.com/gfm/

>>> print(code("a`b | <script>"))
`a`&#96;`b `&#124;` <script>`
>>> print(prose("Ask @someone: it answered 404."))
Ask `@someone`: it answered 404.
>>> print(prose('Nothing on the page has the id "first part".'))
Nothing on the page has the id "`first part`".
"""

import re

from crawler.watch.words import on_one_line

MOST_CHARACTERS = 300
"""Of a URL, a title or another text; what is longer loses its middle."""

_OUTSIDE = {"`": "&#96;", "|": "&#124;"}
_HARMLESS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d[\d,.]*%?|[–×=]")
"""A word that no renderer makes anything of: letters, or a figure."""
_QUOTED = re.compile(r'(?P<before>[^"]*)"(?P<quoted>.+)"(?P<after>[^"]*)')
"""A sentence with what a site calls something, which may hold quotes itself."""
_WORD = re.compile(r"""(?P<before>[("']*)(?P<word>.*?)(?P<after>[)"',.:;?!]*)""", re.DOTALL)


def code(text: str) -> str:
    """``text`` on one line, as it is, but shortened."""
    text = on_one_line(text)
    if len(text) > MOST_CHARACTERS:
        half = MOST_CHARACTERS // 2
        text = f"{text[:half]}…{text[-half + 1 :]}"
    return "".join(_OUTSIDE.get(part) or _span(part) for part in re.split("([`|])", text) if part)


def _span(text: str) -> str:
    """A blank at both ends would be taken away, once."""
    around = " " if text.strip(" ") and text[0] == text[-1] == " " else ""
    return f"`{around}{text}{around}`"


def prose(text: str) -> str:
    """A sentence in which what it quotes is :func:`code`, and each word that is no mere letters or figure."""
    text = on_one_line(text)
    found = _QUOTED.fullmatch(text)
    if found is None:
        return _words(text)
    return f'{_words(found["before"])}"{code(found["quoted"])}"{_words(found["after"])}'


def _words(text: str) -> str:
    return " ".join(map(_word, text.split(" ")))


def _word(text: str) -> str:
    found = _WORD.fullmatch(text)
    if found is None or not found["word"]:
        return text if not text or set(text) <= set(",.") else code(text)
    word = found["word"]
    return f"{found['before']}{word if _HARMLESS.fullmatch(word) else code(word)}{found['after']}"
