"""Source text as a syntax tree, on CPython 3.11 too."""

import ast


def parsed(text: str) -> ast.Module:
    """The tree of ``text``. Raises SyntaxError.

    CPython 3.11 counts the depth of a tree in one place for the whole interpreter. A garbage collection
    amid the parsing that formats a traceback, which parses its lines, confuses the count (SystemError).
    """
    try:
        return ast.parse(text)
    except SystemError:
        return ast.parse(text)
