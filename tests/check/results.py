"""Results of checks made by hand, for the reports."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from crawler.check.finding import Entry, Finding, HeldBack, Ignored, Known, Mend, Place, Since, Unverified
from crawler.check.source_map import SourceMap
from crawler.model.findings import SEVERITIES, RuleId, Severity

SITE = "https://docs.example.org"


@dataclass
class Made:
    """A Result whose places are lists, or are made as they are asked for."""

    out: Path = Path("crawls/docs.example.org-20251128T175501")
    name: str = "crawls/docs.example.org-20251128T175501"
    seeds: Sequence[str] = (f"{SITE}/",)
    state: str = "finished"
    started_at: str = "2025-11-28T17:55:01.200Z"
    seconds: float = 14.2
    pages: int = 312
    counts: Mapping[str, Mapping[str, int]] = field(
        default_factory=lambda: {
            "page": {"ok": 312, "error": 1},
            "asset": {"skipped": 40},
            "external": {"skipped": 3},
        }
    )
    references: int = 10_482
    findings: list[Finding] = field(default_factory=list)
    unverified: Sequence[Unverified] = ()
    ignored: Sequence[Ignored] = ()
    known: Known | None = None
    held_back: Sequence[HeldBack] = ()
    sources: SourceMap = field(default_factory=SourceMap)
    coverage: str | None = None
    pages_missing: int | None = None
    held: dict[int, Sequence[Place] | range] = field(default_factory=dict)

    def add(
        self,
        rule: RuleId,
        severity: Severity,
        target: str,
        places: Sequence[Place] | range = (),
        message: str = "The server answered 404 Not Found.",
        **detail: object,
    ) -> "Made":
        """A finding; of a range, there is a place on a page of its own for each number."""
        pages = len(places) if isinstance(places, range) else len({place.page for place in places})
        number = len(self.findings) + 1
        self.findings.append(
            Finding(number, rule, severity, target, message, detail, len(places), pages),
        )
        self.held[number] = places
        return self

    def places(self, finding: Finding, most: int | None = None) -> Iterator[Place]:
        places = self.held[finding.number]
        made = (place if isinstance(place, Place) else numbered(place) for place in places)
        return islice(made, most)

    def pages_at_fault(self) -> Iterator[tuple[str, Mapping[Severity, int]]]:
        found: dict[str, Counter[Severity]] = {}
        for finding in self.findings:
            for page in {place.page for place in self.places(finding)}:
                found.setdefault(page, Counter())[finding.severity] += 1
        yield from found.items()

    def totals(self) -> Mapping[Severity, int]:
        counts = Counter(finding.severity for finding in self.findings)
        return {severity: counts[severity] for severity in SEVERITIES}


def numbered(number: int) -> Place:
    return Place(f"{SITE}/page-{number:03}.html", 7, 12, "a href", "Changelog")


def usual() -> Made:
    """A site with a bit of everything."""
    made = Made(
        unverified=[
            Unverified("other origins", 1_100, 350, "https://github.com/python/cpython/issues/1"),
            Unverified("robots.txt", 4, 1, f"{SITE}/private/"),
        ],
        ignored=[
            Ignored("broken-link", f"{SITE}/old/*", "goes with the next release", 12),
            Ignored("slow", "*/search", "was slow until March", 0),
        ],
        known=Known(Path("baseline.json"), 5, 3, 4, [Entry("broken-link", "/a", "/b.html")], 1, 7),
        held_back=[HeldBack("broken-external", "https://other.example/x", "It answered 404.", 2, 1, 3)],
    )
    changelog = [
        Place(f"{SITE}/whatsnew/3.12.html", 120, 34, "a href", "Changelog"),
        Place(f"{SITE}/whatsnew/3.12.html", 131, 7, "a href", "bpo-46503"),
        Place(f"{SITE}/whatsnew/3.13.html", 88, 2_011, "a href", "bpo-1"),
        Place(f"{SITE}/whatsnew/3.13.html", 89, 11, "a href", ""),
        Place(f"{SITE}/whatsnew/3.9.html", 89, 11, "a href", ""),
    ]
    made.add("broken-link", "error", f"{SITE}/imprint.html", range(300), status=404, kind="http_status")
    made.add("broken-link", "error", f"{SITE}/whatsnew/changelog.html", changelog, status=404)
    made.findings[-1] = made.findings[-1]._replace(
        since=Since("crawls/docs@3", "2025-11-03T10:00:00Z", 4),
        mend=Mend(f"{SITE}/whatsnew/changes.html", "same-content", "it has the content that was there", 0.98),
    )
    made.add(
        "broken-fragment",
        "error",
        f"{SITE}/glossary.html#index-19",
        [Place(f"{SITE}/howto/a.html", 12, 5, "a href", "generator")],
        "The page has no element with that id.",
    )
    for number in range(14):
        made.add(
            "missing-title" if number % 2 else "redirect-permanent",
            "warning",
            f"{SITE}/moved-{number}",
            [Place(f"{SITE}/moved-{number}", None, None, "", "")],
            "It has moved for good to /elsewhere.",
        )
    for number in range(40):
        rule: RuleId = "redirect-temporary" if number % 3 else "large"
        made.add(rule, "note", f"{SITE}/{number}", range(number), "It answered 302.")
    return made
