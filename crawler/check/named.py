"""A result in which files have the place of URLs: what a check of a folder reports."""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.check.finding import Finding, HeldBack, Place, Result, Unverified
from crawler.check.folder import is_of_folder, namer
from crawler.config import Config
from crawler.model.findings import Severity


def as_reported(result: Result, config: Config) -> Result:
    """``result`` as reports tell it: with a folder, files have the place of URLs; ``config``: its crawl's."""
    return NamedResult(result, config) if is_of_folder(config) else result


class NamedResult:
    """As the :class:`~crawler.check.finding.Result` that it is made from, which has to stay open."""

    def __init__(self, result: Result, config: Config) -> None:
        """``config`` is that of the crawl, with a folder."""
        self._result, self._file_name = result, namer(config)
        self._told = _teller(config, self._file_name)
        self._found = {finding.number: finding for finding in result.findings}
        self.out, self.name = result.out, result.name
        self.state, self.started_at = result.state, result.started_at
        self.seconds, self.pages, self.counts = result.seconds, result.pages, result.counts
        self.references, self.pages_missing = result.references, result.pages_missing
        self.seeds: Sequence[str] = (_from_here(config.check.folder),)
        self.findings: Sequence[Finding] = [self._named(finding) for finding in result.findings]
        self.unverified: Sequence[Unverified] = [
            one._replace(example=self._file_name(one.example)) for one in result.unverified
        ]
        self.ignored, self.known = result.ignored, result.known
        self.held_back: Sequence[HeldBack] = [
            one._replace(target=self._told(one.target), message=self._told(one.message))
            for one in result.held_back
        ]
        self.sources = result.sources
        self.coverage = None if result.coverage is None else self._told(result.coverage)

    def _named(self, finding: Finding) -> Finding:
        return finding._replace(
            target=self._told(finding.target),
            message=self._told(finding.message),
            detail={key: _deep(value, self._told) for key, value in finding.detail.items()},
            mend=finding.mend and finding.mend._replace(target=self._told(finding.mend.target)),
        )

    def places(self, finding: Finding, most: int | None = None) -> Iterator[Place]:
        """Where it shows, the first ``most`` or all, in the order of the pages; read from disk."""
        for place in self._result.places(self._found[finding.number], most):
            yield place._replace(page=self._file_name(place.page))

    def pages_at_fault(self) -> Iterator[tuple[str, Mapping[Severity, int]]]:
        """Each page that has a place, with how many findings show there; read from disk."""
        return ((self._file_name(page), counts) for page, counts in self._result.pages_at_fault())

    def totals(self) -> Mapping[Severity, int]:
        """Findings by severity; each is there."""
        return self._result.totals()


def _teller(config: Config, name: Callable[[str], str]) -> Callable[[str], str]:
    """What puts names into a text: a URL of the folder, as targets are, or a sentence that holds some.

    No URL has a blank in it; one in a sentence ends before the marks that belong to that.
    """
    origin = re.escape("{0.scheme}://{0.netloc}".format(urlsplit(config.seeds[0])))
    alone = re.compile(rf"{origin}/\S*")
    within = re.compile(rf"{origin}/[^\s<>\"]*(?<![.:,;|)\]}}'])")
    return lambda text: (
        name(text) if alone.fullmatch(text) else within.sub(lambda found: name(found[0]), text)
    )


def _deep(value: Any, told: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return told(value)
    if isinstance(value, list | tuple):
        return [_deep(item, told) for item in value]
    if isinstance(value, Mapping):
        return {key: _deep(item, told) for key, item in value.items()}
    return value


def _from_here(folder: Path | None) -> str:
    """A folder's path as one would type it."""
    here = os.path.relpath(folder or ".")
    return str(folder) if here.startswith("..") else here
