"""The source map that was asked for: what of it is refused before the crawl, and what it is made into."""

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from crawler.check.folder import is_of_folder, namer
from crawler.check.source_map import Idle, Mapped, SourceMap
from crawler.config import Config
from crawler.model.errors import UsageError
from crawler.rules.scope import Scope
from crawler.rules.urls import origin, resolve
from crawler.watch.words import counted


def refuse_useless(config: Config) -> None:
    """Raises UsageError where a line of the map can map nothing, or two are for one prefix."""
    maps: dict[str, Mapped] = {}
    for text in config.check.source_map:
        mapped, folder = mapped_of(text, config), Path(text.partition("=")[2])
        if mapped.prefix in maps:
            raise UsageError(
                f"--source-map {maps[mapped.prefix].said} and --source-map {text}: two folders for one prefix"
            )
        maps[mapped.prefix] = mapped
        if config.check.folder is not None and "://" not in text.partition("=")[0]:
            _refuse_missing(text, config.check.folder)
        if not folder.is_dir():
            why = f"{folder} is no folder" if folder.exists() else f"there is no folder {folder}"
            raise UsageError(f"--source-map {text}: {why}")
        if _from_here(folder) is None:
            raise UsageError(
                f"--source-map {text}: {folder} leads out of the working directory, {os.getcwd()}; files are"  # noqa: PTH109
                " named as seen from there, which should be the root of the repository"
            )


def mapped_of(text: str, config: Config) -> Mapped:
    """One line of the map. Raises UsageError where its prefix belongs to nothing that is checked."""
    prefix, _, folder = text.partition("=")
    if "?" in prefix or "#" in prefix:
        raise UsageError(f"--source-map {text}: a prefix has no query (?) and no fragment (#)")
    if config.check.folder is None:
        prefix = _of_a_site(prefix, text, config)
    else:
        prefix = _of_a_folder(prefix, text, config.check.folder, config.check.base_path)
    return Mapped(text, f"{prefix.rstrip('/')}/", _from_here(Path(folder)) or "")


def sources_of(config: Config, pages: Iterable[str] = ()) -> SourceMap:
    """The map of a check, with those lines noted by which none of ``pages`` (URLs) is found.

    Raises UsageError.
    """
    maps = [
        mapped_of(text, config)
        for text in config.check.source_map
        if _from_here(Path(text.partition("=")[2])) is not None  # of a crawl that was made elsewhere
    ]
    if not is_of_folder(config):
        found = SourceMap(None, maps, home=origin(config.seeds[0]) if config.seeds else None)
    else:
        here = _from_here(config.check.folder or Path())
        folder = str(config.check.folder) if here is None else here or "."
        found = SourceMap(folder, maps, base=config.check.base_path)
        pages = map(namer(config), pages)
    found.look_at(pages)
    return found


def idle_words(idle: Idle) -> str:
    """What is said of a line of the map by which no page was found."""
    prefix, _, folder = idle.said.partition("=")
    if not idle.pages:
        return f"--source-map {idle.said}: no page that was read begins with {prefix}"
    return (
        f"--source-map {idle.said}: no page has a file in {folder} ({counted(idle.pages, 'page')} looked"
        f" for); {idle.example} may have been {', '.join(idle.tried)}"
    )


def _of_a_site(prefix: str, text: str, config: Config) -> str:
    url = resolve(prefix) if "://" in prefix else None
    if url is None:
        raise UsageError(f"--source-map {text}: {prefix} is no http:// or https:// URL")
    origins = Scope.of(config.seeds, config.scope.origins).origins
    if origin(url) not in origins:
        raise UsageError(
            f"--source-map {text}: nothing that is checked begins with {prefix}; it is"
            f" {', '.join(sorted(origins))}"
        )
    return origin(url) + urlsplit(url).path


def _of_a_folder(prefix: str, text: str, folder: Path, base: str) -> str:
    """With a folder, a prefix is a path in it, or a URL of which the path counts alone."""
    if "://" in prefix:
        url = resolve(prefix)
        path = quote(unquote(urlsplit(url or "").path)).rstrip("/") + "/"
        if url is None or not (path.startswith(quote(base)) or base.startswith(path)):
            raise UsageError(f"--source-map {text}: {folder.name} is served at {base}, not below {prefix}")
        return path
    return quote(base) + quote(os.fsencode(_inside(prefix)))


def _refuse_missing(text: str, folder: Path) -> None:
    prefix = text.partition("=")[0]
    inside = _inside(prefix)
    if inside.split("/")[0] == ".." or not (folder / inside).is_dir():
        raise UsageError(
            f"--source-map {text}: {prefix} is no folder in {folder.name}; / is {folder.name} itself"
        )


def _inside(prefix: str) -> str:
    """A path in the checked folder, which itself may be called ``/`` or ``.``."""
    path = os.path.normpath(prefix).strip("/")
    return "" if path == "." else path


def _from_here(folder: Path) -> str | None:
    """As seen from the working directory, with slashes; empty for that itself, None where it is elsewhere."""
    for path in (os.path.relpath(folder), os.path.relpath(folder.resolve(), Path.cwd().resolve())):
        if Path(path).parts[:1] != ("..",):
            return "" if path == "." else Path(path).as_posix()
    return None
