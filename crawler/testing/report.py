"""What a check made from a test has found, in memory: nothing of it is on the disk any more."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Self, cast

from crawler.check.finding import Finding, HeldBack, Ignored, Known, Place, Result, Unverified
from crawler.check.reports.text import PLACES_SHOWN, Extent, lines
from crawler.check.reports.words import totals, where
from crawler.check.verdict import Verdict
from crawler.model.findings import SEVERITIES, Severity
from crawler.rules.urls import origin
from crawler.watch.lines import plain
from crawler.watch.words import counted, visible

PLACES_KEPT = 100
"""Of each finding; ``places_count`` says how many there are."""
IN_REPR = 180
"""Characters of a repr after which no further finding is named in it: pytest shows 240 of one."""


class PlacedFinding(Finding):
    """One cause, with its first :data:`PLACES_KEPT` places in ``places``."""

    places: Sequence[Place] = ()
    _short: str = ""

    @classmethod
    def of(cls, finding: Finding, places: Iterable[Place], short: Callable[[str], str]) -> Self:
        """``short`` makes a page's name, or a target, as short as it can be."""
        made = cls._make(finding)
        made.places = tuple(islice(places, PLACES_KEPT))
        first = next(iter(made.places), None)
        at = "" if first is None else f" at {short(where(first))}"
        more = f" and {counted(made.places_count - 1, 'more place')}" if made.places_count > 1 else ""
        made._short = visible(f"{made.rule} {short(made.target)}{at}{more}")
        return made

    def __repr__(self) -> str:
        return f"<{self.severity}: {self._short}>"

    def __str__(self) -> str:
        places = ", ".join(where(place) for place in self.places[:PLACES_SHOWN])
        left = self.places_count - len(self.places[:PLACES_SHOWN])
        more = f" and {counted(left, 'more place')}" if left > 0 else ""
        return visible(f"{self.severity} {self.rule}: {self.target} at {places}{more}: {self.message}")


class Findings(tuple[PlacedFinding, ...]):
    """Findings, a tuple of them, whose repr is one line that names the first."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not self:
            return "no findings"
        levels = {finding.severity for finding in self}
        text = f"{counted(len(self), levels.pop() if len(levels) == 1 else 'finding')}: "
        for number, finding in enumerate(self):
            if number and len(text) + len(finding._short) > IN_REPR:
                return f"{text}; and {len(self) - number:,} more"
            text += f"{'; ' * bool(number)}{finding._short}"
        return text

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self)


class Report:
    """How a check ended, and what it has found."""

    def __init__(self, result: Result, verdict: Verdict, *, keeps: bool) -> None:
        """``result`` is read to its end, and not asked again. ``keeps``: whether its OUT stays."""
        self.out, self.name = result.out, result.name
        self.seeds, self.state = tuple(result.seeds), result.state
        self.started_at, self.seconds = result.started_at, result.seconds
        self.pages, self.pages_missing = result.pages, result.pages_missing
        self.counts, self.references = result.counts, result.references
        short = _shortener(self.seeds)
        self.findings = Findings(
            PlacedFinding.of(finding, result.places(finding, PLACES_KEPT), short)
            for finding in result.findings
        )
        self.unverified: Sequence[Unverified] = result.unverified
        self.ignored: Sequence[Ignored] = result.ignored
        self.known: Known | None = result.known
        self.held_back: Sequence[HeldBack] = result.held_back
        self.coverage, self.sources = result.coverage, result.sources
        self._verdict, self._keeps = verdict, keeps

    @property
    def errors(self) -> Findings:
        """Those of the severity error."""
        return self._of("error")

    @property
    def warnings(self) -> Findings:
        """Those of the severity warning."""
        return self._of("warning")

    @property
    def notes(self) -> Findings:
        """Those of the severity note."""
        return self._of("note")

    @property
    def exit_code(self) -> int:
        """As of ``crawler check``: 1 with a finding at or above ``fail_on`` or with too few pages, else 0."""
        return self._verdict.exit_code

    @property
    def reason(self) -> str:
        """Why it is that exit code, in a few words; empty where nothing was found at all."""
        return self._verdict.reason

    @property
    def text(self) -> str:
        """All findings for people, as ``crawler check -v`` prints them."""
        return self._told(Extent(verbose=True, keeps=self._keeps))

    @property
    def brief(self) -> str:
        """What makes the check fail, and the verdict, as ``crawler check -q`` prints them."""
        return self._told(Extent(quiet=True))

    def places(self, finding: Finding, most: int | None = None) -> Iterator[Place]:
        """The first ``most`` places of a finding, or all that are kept: see :data:`PLACES_KEPT`."""
        return islice(self.findings[finding.number - 1].places, most)

    def totals(self) -> Mapping[Severity, int]:
        """Findings by severity; each is there."""
        return {level: len(self._of(level)) for level in SEVERITIES}

    def _of(self, severity: Severity) -> Findings:
        return Findings(finding for finding in self.findings if finding.severity == severity)

    def _told(self, extent: Extent) -> str:
        return "\n".join(plain(line) for line in lines(self._as_result(), self._verdict, extent))

    def _as_result(self) -> Result:
        # Its findings are of a narrower type, which nobody sets.
        return cast("Result", self)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        found = f"{totals(self._as_result())} on {counted(self.pages, 'page')}"
        return f"<check of {', '.join(self.seeds)}: {found}>"


def _shortener(seeds: Sequence[str]) -> Callable[[str], str]:
    """What leaves the site's own origin out of a URL."""
    sites = tuple(f"{origin(seed)}/" for seed in seeds if "://" in seed)
    return lambda url: url[url.index("/", 8) :] if url.startswith(sites) else url
