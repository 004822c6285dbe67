"""What is asked of a check, whoever asks: a site or a folder, and the settings that each check has."""

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from crawler.config import Config
from crawler.model.errors import UsageError
from crawler.sinks.facts import FactsSink


def folder_among(targets: Sequence[str]) -> Path | None:
    """The folder that is to be checked; None where ``targets`` are URLs. Raises UsageError."""
    folders = [text for text in targets if _means_a_path(text)]
    if not folders:
        return None
    if len(targets) > 1:
        raise UsageError(f"{folders[0]} is a folder, which is checked alone; named are {', '.join(targets)}")
    return Path(folders[0])


def as_a_check(config: Config, origin: str) -> Config:
    """``config`` with what a check has that nobody need ask for; ``origin`` says who has it so.

    Raises UsageError where there is nothing to be checked.
    """
    implied: dict[str, object] = {"run.fail_on": ()}  # that is of a crawl which is no check
    beside = () if config.origin_of("write.sinks") == "default" else config.write.sinks
    implied["write.sinks"] = (FactsSink.name, *beside)
    if config.check.folder is not None:
        _refuse_overlap(config.check.folder, config.out)
        implied |= {"seeds": (), "check.folder": config.check.folder.absolute()}
        if config.origin_of("robots.obey") == "default":
            implied["robots.obey"] = False  # they are one's own files, and all of them are to be looked at
    elif config.origin_of("sitemaps.follow") == "default":
        implied["sitemaps.follow"] = True  # whether they are right is part of what is checked
    if config.check.folder is None and not config.seeds:
        raise UsageError("no seed: name a URL or a folder to check, or seeds = [...] in the config file")
    return config.replace(implied, origin=origin)


def _refuse_overlap(folder: Path, out: Path | None) -> None:
    """Raises UsageError where databases would lie among the pages, or --fresh move the site aside."""
    if out is None:
        return
    site, target = folder.resolve(), out.resolve()
    if target == site or target in site.parents:
        what = "is" if target == site else "holds"
        raise UsageError(f"-o {out}: it {what} the folder that is checked, {folder}; choose another folder")


def in_full(config: Config) -> Config:
    """The same settings, with paths that hold wherever a report of the check is asked for."""
    keys = {"check.baseline": config.check.baseline, "check.since": config.check.since}
    relative = {key: path for key, path in keys.items() if path is not None and not path.is_absolute()}
    for key, path in relative.items():
        config = config.replace({key: path.absolute()}, config.origin_of(key))
    return config


def _means_a_path(text: str) -> bool:
    """Whether it is there, or can be nothing else: it begins like a path, or no host has such a name."""
    if re.match(r"\w[\w+.-]*://", text):
        return False
    host = re.split(r"[/?#]", text, maxsplit=1)[0]
    is_host = re.fullmatch(
        r"(?:[\w-]+\.)+[\w-]+(?::\d+)?|localhost(?::\d+)?|[\w-]+:\d+|\[[0-9a-fA-F:]+\](?::\d+)?", host
    )
    with suppress(OSError):  # such as one that is too long for a path
        if text and Path(text).exists():
            return True
    return bool(text) and not is_host
