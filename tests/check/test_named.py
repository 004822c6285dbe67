"""What a check of a folder reports names files."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from crawler.check.finding import Finding, HeldBack, Ignored, Known, Mend, Place, Unverified
from crawler.check.named import NamedResult
from crawler.check.source_map import SourceMap
from crawler.config import Config
from crawler.model.findings import Severity

HERE = "http://127.0.0.1:4000/docs/"
FINDING = Finding(
    1,
    "redirect-chain",
    "warning",
    f"{HERE}old%20one.html#x",
    f"it leads to {HERE}guide, {HERE}guide/. Not to https://example.com/a",
    {"hops": [{"url": f"{HERE}guide", "status": 301}], "status": 301, "to": HERE},
    2,
    1,
    mend=Mend(f"{HERE}guide/#x", "near-id", "it has an id like that", 0.9),
)


class Found:
    out, name = Path("out"), "out@1"
    seeds: Sequence[str] = (HERE,)
    state = "finished"
    started_at = "2026-01-01T00:00:00Z"
    seconds = 1.0
    pages = 2
    counts: Mapping[str, Mapping[str, int]] = {"page": {"ok": 2}}
    references = 5
    findings: Sequence[Finding] = (FINDING,)
    unverified: Sequence[Unverified] = (Unverified("robots.txt", 1, 1, f"{HERE}guide/"),)
    ignored: Sequence[Ignored] = ()
    known: Known | None = Known(Path("baseline.json"), 1, 1, 1, (), 0)
    held_back: Sequence[HeldBack] = (
        HeldBack("unreachable", f"{HERE}guide/", f"{HERE}guide/ leads to https://example.com/a", 1, 1, 2),
    )
    sources = SourceMap("public")
    coverage: str | None = f"the start page {HERE} has no links"
    pages_missing: int | None = None
    asked: list[tuple[Finding, int | None]]

    def places(self, finding: Finding, most: int | None = None) -> Iterator[Place]:
        self.asked = [(finding, most)]
        yield Place(f"{HERE}guide/", 1, 2, "a href", "text")
        yield Place("http://127.0.0.1:4000/outside.html", None, None, "", "")

    def totals(self) -> Mapping[Severity, int]:
        return {"error": 0, "warning": 1, "note": 0}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "public" / "guide").mkdir(parents=True)
    for page in ("index.html", "guide/index.html"):
        (tmp_path / "public" / page).write_text("x")
    return tmp_path / "public"


def test_files_have_the_place_of_urls(folder: Path) -> None:
    found = Found()
    named = NamedResult(
        found, Config(seeds=[HERE], check={"enabled": True, "folder": folder, "base_path": "/docs/"})
    )
    (finding,) = named.findings
    assert finding.target == "old one.html#x"
    assert finding.message == "it leads to guide, guide/index.html. Not to https://example.com/a"
    assert finding.detail == {"hops": [{"url": "guide", "status": 301}], "status": 301, "to": "index.html"}
    assert finding.mend == Mend("guide/index.html#x", "near-id", "it has an id like that", 0.9)
    assert named.held_back == [
        HeldBack(
            "unreachable", "guide/index.html", "guide/index.html leads to https://example.com/a", 1, 1, 2
        )
    ]
    assert named.known == found.known
    assert named.sources.file_of("guide/index.html") == "public/guide/index.html"
    assert list(named.places(finding, 3)) == [
        Place("guide/index.html", 1, 2, "a href", "text"),
        Place("/outside.html", None, None, "", ""),
    ]
    assert found.asked == [(FINDING, 3)], "what is asked for is still found by its URL"
    assert named.unverified == [Unverified("robots.txt", 1, 1, "guide/index.html")]
    assert named.coverage == "the start page index.html has no links"
    assert named.seeds == ("public",)
    assert (named.pages, named.totals()["warning"], named.out) == (2, 1, Path("out"))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("gone%20(2)%20now.html", "gone (2) now.html"),
        ("gone%20[1],%20x|y;%20z.html", "gone [1], x|y; z.html"),
        ("it's%20gone...", "it's gone..."),
        ("alert(1)%3C/script%3E", "alert(1)</script>"),
        ("end..html", "end..html"),
        ("end.", "end."),
    ],
)
def test_a_target_is_named_as_a_whole_whatever_is_in_it(folder: Path, url: str, name: str) -> None:
    for file in ("end..html", "end."):
        (folder / file).write_text("x")
    found = Found()
    sentence = f"It leads to {HERE}{url}, then to {HERE}{url}."
    found.findings = (
        FINDING._replace(
            target=HERE + url,
            message=sentence,
            detail={"to": HERE + url},
            mend=Mend(f"{HERE}{url}#a.", "near-id", "it has an id like that", 0.9),
        ),
    )
    found.held_back = (HeldBack("unreachable", HERE + url, sentence, 1, 1, 2),)
    named = NamedResult(
        found, Config(seeds=[HERE], check={"enabled": True, "folder": folder, "base_path": "/docs/"})
    )
    (finding,), (held_back,) = named.findings, named.held_back
    assert finding.target == finding.detail["to"] == held_back.target == name
    assert finding.message == held_back.message == f"It leads to {name}, then to {name}."
    assert finding.mend is not None
    assert finding.mend.target == f"{name}#a."


def test_a_folder_elsewhere_is_named_in_full(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "guide")
    named = NamedResult(Found(), Config(seeds=[HERE], check={"enabled": True, "folder": folder}))
    assert named.seeds == (str(folder),)
