"""The result as a whole: what is ignored, how much was covered, and folders that hold no check."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crawler.check.result import open_result
from crawler.check.rules import RULES
from crawler.check.site import WORK_TABLES
from crawler.model.errors import CrawlFailed, OutputError
from crawler.model.facts import Odd
from crawler.model.findings import RULE_IDS, SEVERITIES
from crawler.model.outcomes import Kind, Outcome, State
from crawler.model.sources import Source
from crawler.sinks.facts import FACTS_VERSION
from tests.check.sites import HOME, MadeSite, one, placed, told, unverified


def test_each_rule_is_there_once_in_the_order_of_the_ids():
    ids = [rule.id for rule in RULES]
    assert ids == sorted(set(ids), key=RULE_IDS.index)
    for rule in RULES:
        assert rule.severity in SEVERITIES
        for words in (rule.title, rule.what, rule.why, rule.mend):
            assert words[0].isupper()
            assert words == words.strip()
            assert "  " not in words


def test_findings_come_by_severity_and_then_by_pages(tmp_path):
    site = MadeSite().page("/", "/gone", "/moved", "/rare", "/busy").page("/two", "/gone", "/moved")
    site.missing("/gone").missing("/rare").missing("/busy", 503).redirect("/moved", "/two", 307)
    with open_result(site.write(tmp_path)) as result:
        assert [(one.number, one.rule, one.target.rpartition("/")[2]) for one in result.findings] == [
            (1, "broken-link", "gone"),
            (2, "broken-link", "rare"),
            (3, "flaky", "busy"),
            (4, "redirect-temporary", "moved"),
        ]
        assert result.totals() == {"error": 2, "warning": 1, "note": 1}


def test_a_rule_may_be_off_or_have_another_severity(tmp_path):
    rules = {"broken-link": "off", "flaky": "error"}
    site = MadeSite(check={"rules": rules}).page("/", "/gone", "/busy").missing("/gone").missing("/busy", 429)
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"flaky": ["/busy"]}
        assert one(result, "flaky").severity == "error"


def test_ignores_take_findings_by_target_and_places_by_page(tmp_path):
    ignores = [
        {"rule": "broken-link", "url": "/gone/", "reason": "they come back"},
        {"rule": "*", "url": r"/attic/\w$", "reason": "nobody reads it"},
        {"rule": "flaky", "url": ".", "reason": "of another rule"},
    ]
    site = MadeSite(check={"ignore": ignores}).page("/", "/gone/1", "/gone/2", "/dead")
    site.page("/attic/a", "/dead", "/only")
    for path in ("/gone/1", "/gone/2", "/dead", "/only"):
        site.missing(path)
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"broken-link": ["/dead"]}
        assert placed(result, one(result, "broken-link")) == [("/", 3)]
        assert [(one.rule, one.reason, one.findings) for one in result.ignored] == [
            ("broken-link", "they come back", 2),
            ("*", "nobody reads it", 2),
            ("flaky", "of another rule", 0),
        ]


def test_too_few_pages_are_counted(tmp_path):
    site = MadeSite(check={"min_pages": 5}).page("/").page("/two", outcome=Outcome.TRUNCATED)
    with open_result(site.write(tmp_path)) as result:
        assert result.pages_missing == 3
    with open_result(MadeSite(check={"min_pages": 1}).page("/").write(tmp_path / "enough")) as result:
        assert result.pages_missing is None


LINKS = [f"/{number}" for number in range(6)]


@pytest.mark.parametrize(
    ("site", "words"),
    [
        (MadeSite().page("/", scripts=3, text_length=10), "scripts are not run"),
        (MadeSite().page("/", *((link, False) for link in LINKS)), "nofollow"),
        (
            MadeSite().page("/", *(f"http://cdn.test{link}" for link in LINKS)),
            "http://cdn.test: its <base href>",
        ),
        (MadeSite(scope={"include": ["/docs/"]}).page("/", *LINKS), "outside the scope"),
        (
            MadeSite().redirect("/", "https://site.test/", kind=Kind.OUT_OF_SCOPE),
            "redirects to another origin, https://site.test/",
        ),
        (
            MadeSite().answer(
                "/", Outcome.SKIPPED, Kind.ROBOTS, None, message="robots.txt could not be fetched: 500."
            ),
            f"{HOME}: robots.txt could not be fetched: 500 (--ignore-robots, if",
        ),
        (MadeSite().missing("/"), "leads to nothing: The server answered 404"),
        (
            MadeSite().redirect("/", "/home").page("/home", scripts=1, text_length=10),
            f"{HOME}home has no links in its HTML",
        ),
    ],
)
def test_why_so_little_was_covered(tmp_path, site, words):
    with open_result(site.write(tmp_path)) as result:
        assert words in result.coverage
        assert result.coverage.startswith("Only " if result.pages else "No page could be read from ")


def test_robots_that_forbid_what_the_start_page_links_to(tmp_path):
    site = MadeSite().page("/", *LINKS)
    for link in LINKS[:4]:
        site.answer(link, Outcome.SKIPPED, Kind.ROBOTS, None)
    site.page(LINKS[4]).page(LINKS[5])
    with open_result(site.write(tmp_path)) as result:
        assert "4 of 6 links of http://site.test/ are not followed: robots.txt" in result.coverage


@pytest.mark.parametrize(
    "site",
    [
        MadeSite().page("/"),
        MadeSite().page("/", "/1", "http://other.test/", scripts=2).page("/1"),
        MadeSite().page("/", *LINKS, scripts=1),
        MadeSite().page("/", ("/style.css", Source.STYLESHEET)),
        MadeSite().page("/", "http://other.test/", "http://more.test/"),
        MadeSite().page("/", "http://other.test/"),
    ],
)
def test_a_small_site_is_no_trouble(tmp_path, site):
    for link in LINKS:
        site.page(link)
    with open_result(site.write(tmp_path)) as result:
        assert result.coverage is None


def test_a_single_page_without_links_is_no_trouble(tmp_path):
    with open_result(MadeSite().page("/").write(tmp_path)) as result:
        assert result.coverage is None


def test_what_the_crawl_says_of_itself(tmp_path):
    site = MadeSite().page("/").asset("/a.png")
    site.meta = {"state": "stopped", "started_at": "2023-11-14T22:13:20Z"}
    (site.write(tmp_path) / "summary.json").write_text(json.dumps({"seconds": 2.5}))
    with open_result(tmp_path) as result:
        assert (result.out, result.state, result.seconds) == (tmp_path, "stopped", 2.5)
        assert result.started_at == "2023-11-14T22:13:20Z"
        assert result.counts == {"page": {"ok": 1}, "asset": {"ok": 1}}
        assert list(result.seeds) == [HOME]


def test_hosts_that_put_everything_off_are_a_reason_of_their_own(tmp_path):
    site = MadeSite().page("/", "/later")
    site.waiting, site.resting_until = [(f"{HOME}later", State.PENDING)], 1_800_000_000.0
    with open_result(site.write(tmp_path)) as result:
        assert unverified(result) == {"hosts that put everything off": (1, 1, f"{HOME}later")}


def test_a_folder_without_a_check(tmp_path):
    with pytest.raises(OutputError, match=r"holds no crawl"), open_result(tmp_path):
        pass
    out = MadeSite().page("/").write(tmp_path)
    (out / "facts.db").unlink()
    with pytest.raises(OutputError, match=r"crawler check writes a facts\.db"), open_result(out):
        pass


@pytest.mark.parametrize("what", ["text", "other", "torn", "empty"])
def test_a_file_that_is_no_facts(tmp_path, what):
    out = MadeSite().page("/", "/gone").missing("/gone").write(tmp_path)
    path = out / "facts.db"
    if what == "text":
        path.write_text("this is no database" * 100)
    elif what == "other":
        path.unlink()
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("CREATE TABLE something (x)")
    elif what == "torn":
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE answers SET facts = x'c1c1'")
    else:
        path.write_bytes(b"")
    with pytest.raises(OutputError, match=r"facts\.db"), open_result(out):
        pass


@pytest.mark.parametrize("version", [0, FACTS_VERSION + 1])
def test_facts_of_another_version_are_refused(tmp_path, version):
    out = MadeSite().page("/").write(tmp_path)
    with closing(sqlite3.connect(out / "facts.db")) as db:
        db.execute(f"PRAGMA user_version = {version}")
    with (
        pytest.raises(OutputError, match=f"is of format {version}, .*check the site again"),
        open_result(out),
    ):
        pass


def test_facts_from_before_there_were_hashes_are_read_without_them(tmp_path):
    out = MadeSite().page("/", "/gone", "/a").page("/a").missing("/gone").write(tmp_path)
    with closing(sqlite3.connect(out / "facts.db")) as db, db:
        db.execute("UPDATE answers SET bytes = 9, content_hash = '0a' WHERE outcome = 'ok'")
    with open_result(out) as result:
        assert [row.rule for row in result.findings if row.rule in ("broken-link", "near-duplicate")] == [
            "broken-link",
            "near-duplicate",
        ]
    with closing(sqlite3.connect(out / "facts.db")) as db, db:
        db.execute("ALTER TABLE answers DROP COLUMN content_hash")
        db.execute("ALTER TABLE answers DROP COLUMN near_hash")
    with open_result(out) as result:
        assert "broken-link" in told(result)
        assert "near-duplicate" not in told(result)


def test_a_full_disk_is_not_taken_for_damaged_facts(tmp_path, monkeypatch):
    site = MadeSite()
    for number in range(100):
        site.page(f"/{number}", *(f"/gone/{number}/{each}" for each in range(50)))
    out = site.write(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("crawler.check.site.WORK_TABLES", f"{WORK_TABLES} PRAGMA temp.max_page_count = 40;")
        with pytest.raises(OutputError, match=r"temporary files.*full \(TMPDIR"), open_result(out):
            pass
    monkeypatch.setattr("crawler.check.anchors._IN_MEMORY", 1)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    site.page("/b", "/0#x")
    with (
        pytest.raises(OutputError, match=r"temporary files.*No such file"),
        open_result(site.write(tmp_path / "b")),
    ):
        pass


def test_damaged_settings_are_said(tmp_path):
    site = MadeSite().page("/")
    site.meta = {"settings": "{"}
    with pytest.raises(CrawlFailed, match="settings"), open_result(site.write(tmp_path)):
        pass


def test_reading_leaves_the_files_as_they_were(tmp_path):
    out = MadeSite().page("/", "/gone").missing("/gone").write(tmp_path)
    before = (out / "facts.db").read_bytes()
    with open_result(out):
        pass
    assert (out / "facts.db").read_bytes() == before
    assert sorted(path.name for path in out.iterdir()) == ["crawl.db", "facts.db"]


def test_a_check_is_read_while_it_is_written(tmp_path):
    out = MadeSite().page("/", "/gone").missing("/gone").write(tmp_path)
    with closing(sqlite3.connect(out / "facts.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE answers SET url = 'http://site.test/changed' WHERE id = 2")
        with open_result(out) as result:
            assert told(result) == {"broken-link": ["/gone"]}
        writer.execute("ROLLBACK")


def test_a_folder_that_cannot_be_written_is_read(tmp_path):
    out = MadeSite().page("/", "/gone").missing("/gone").write(tmp_path / "made")
    copy = tmp_path / "copy"
    shutil.copytree(out, copy)
    for path in (*copy.iterdir(), copy):
        path.chmod(0o555 if path.is_dir() else 0o444)
    with open_result(copy) as result:
        assert told(result) == {"broken-link": ["/gone"]}
    copy.chmod(0o755)


def test_findings_of_marks_have_no_element(tmp_path):
    site = MadeSite().page("/", marks=[(Odd.EMPTY_HREF, 0, 0, "img")])
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"empty-href": ['<img src="">']}
        place = next(result.places(one(result, "empty-href")))
        assert (place.line, place.column, place.element) == (None, None, "")


def test_an_ignore_of_a_folder_may_name_a_file(tmp_path):
    root = tmp_path / "public"
    (root / "guide").mkdir(parents=True)
    (root / "guide" / "index.html").write_text("<!doctype html>")
    patterns = ["^guide/never", "^guide/index.html$"]
    ignores = [{"rule": "*", "url": pattern, "reason": "so it is called"} for pattern in patterns]
    site = MadeSite(check={"enabled": True, "folder": root, "ignore": ignores}).page(
        "/", "/guide/never", "/gone", "/guide/"
    )
    site.page("/guide/", "/gone").missing("/guide/never").missing("/gone")
    with open_result(site.write(tmp_path / "out")) as result:
        assert told(result) == {"broken-link": ["/gone"]}
        assert placed(result, one(result, "broken-link")) == [("/", 2)]
        assert [one.findings for one in result.ignored] == [1, 1]


def test_places_come_in_the_order_of_the_pages_however_these_were_read(tmp_path):
    site = MadeSite().page("/", "/z", "/a").missing("/gone").page("/z", "/gone", "/x", "/gone").page("/x")
    site.page("/a", "/gone")
    with open_result(site.write(tmp_path)) as result:
        assert placed(result, one(result, "broken-link")) == [("/a", 1), ("/z", 1), ("/z", 3)]


def test_of_each_page_the_findings_are_counted_that_show_there(tmp_path):
    site = MadeSite(check={"flaky": 2}).page("/", "/gone", "/gone", "/lost", "http://other.test/")
    site.page("/a", "/gone").missing("/gone").missing("/lost")
    site.page("/").page("/a", "/gone", title="")
    with open_result(site.write(tmp_path)) as result:
        counted = {page: dict(counts) for page, counts in result.pages_at_fault()}
        pages = {place.page for one in result.findings for place in result.places(one)}
        assert counted.keys() == pages
        for page, counts in counted.items():
            shown = [one for one in result.findings if page in {at.page for at in result.places(one)}]
            assert counts == {level: sum(one.severity == level for one in shown) for level in counts}


def test_an_earlier_check_of_a_folder_is_named_with_its_generation(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for generation in (1, 2):
        MadeSite().page("/").write(out, generation)
    for asked, name in ((1, f"{out}@1"), (2, str(out)), (None, str(out))):
        with open_result(out, asked) as result:
            assert result.name == name
