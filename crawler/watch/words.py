"""How reports say what a site or a count is."""


def visible(text: str) -> str:
    """``text`` on one line, with its control characters made visible: a site may put anything into it."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def on_one_line(text: str) -> str:
    """Words of a page or a server, with each run of blanks as one space."""
    return visible(" ".join(text.split()))


def counted(count: int, noun: str) -> str:
    """``1 page``, ``1,451 places``."""
    return f"{count:,} {noun}{'s' * (count != 1)}"
