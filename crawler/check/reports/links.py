"""What a click on a name in a report opens."""

from pathlib import Path

from crawler.check.finding import Result


def link_to(name: str, result: Result) -> str | None:
    """What a click on ``name`` opens: itself where it is a URL, else a file in the checked folder."""
    if not name.isprintable() or not name.isascii():
        return None
    if name.startswith(("http://", "https://")):
        return name
    seed = next(iter(result.seeds), "")
    if not seed or "://" in seed:
        return None
    file = Path(seed).resolve() / name.partition("#")[0]
    try:
        return file.as_uri() if file.is_file() else None
    except OSError:  # a link may be longer than any file's name
        return None
