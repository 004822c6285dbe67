"""Who gets figures, and who gets a reason instead of them."""

import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("selectolax", reason="the benchmarks' reference needs selectolax")

import contenders
import report
import street
from contenders import Contender
from reference import Site

SITE = Site({"http://site.test/", "http://site.test/a"})


def who_finds(*urls: str) -> Contender:
    """A contender that writes these pages, whatever it is asked for."""
    lines = "".join(json.dumps({"url": url, "status": 200}) + "\n" for url in urls)

    def command(_url: str, folder: Path) -> list[str]:
        code = f"open({str(folder / 'pages.jsonl')!r}, 'w').write({lines!r})"
        return [sys.executable, "-I", "-S", "-c", code]

    return Contender("somebody", command, contenders.good_pages, None)


def test_the_right_set_gets_figures():
    contender = who_finds("http://site.test/a", "http://site.test/#top")
    street.measure([contender], "http://site.test/", SITE, 1)
    assert contender.problem is None
    figures = street.figures_of(contender, [contender], len(SITE.html))
    assert figures.keys() == {
        "wall_s",
        "wall_s_each",
        "cpu_s",
        "main_cpu_us_per_page",
        "pages_per_s",
        "peak_pss_bytes",
        "share_of_wall",
    }
    assert len(figures["wall_s_each"]) == 1
    assert figures["wall_s"] > 0
    json.dumps(figures)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (["http://site.test/"], "1 of 2 pages missing, 0 URLs"),
        (
            ["http://site.test/", "http://site.test/a", "http://site.test/b"],
            "1 URLs that should not be there",
        ),
    ],
    ids=["too few", "too many"],
)
def test_a_wrong_set_gets_a_reason_and_no_figures(found, words, capsys):
    contender = who_finds(*found)
    street.measure([contender], "http://site.test/", SITE, 2)
    assert contender.runs == []
    assert contender.problem is not None
    assert words in contender.problem
    figures = {"somebody": street.figures_of(contender, [contender], 2)}
    assert figures == {"somebody": {"problem": contender.problem}}
    report.print_table("title", street.rows_of(figures))
    assert "somebody: no figures, wrong set of URLs" in capsys.readouterr().out


def test_a_failed_run_gets_no_figures(capsys):
    contender = who_finds()
    contender.command = lambda _url, _folder: [sys.executable, "-c", "raise SystemExit('it broke')"]
    street.measure([contender], "http://site.test/", SITE, 1)
    assert contender.problem == "exit code 1, its words are above"
    assert "it broke" in capsys.readouterr().err


def test_who_is_not_installed_is_not_run():
    absent = contenders.peer("X", "no_such_package", "scrapy_job.py")
    assert absent.problem == "not run, there is no no_such_package here (python benchmarks/peers/install.py)"
    assert contenders.program_missing("no-such-program") is not None
    assert contenders.missing("json", "no_such_package") == "not run, there is no no_such_package here"
    street.measure([absent], "http://site.test/", SITE, 1)
    assert absent.runs == []
    assert street.figures_of(absent, [absent], 2) == {"problem": absent.problem}


def test_a_share_is_the_median_of_the_shares_within_each_round():
    slow, fast = who_finds(), who_finds()
    slow.runs = [{"wall_s": wall} for wall in (2.0, 20.0, 4.0)]
    fast.runs = [{"wall_s": wall} for wall in (1.0, 4.0, 3.0)]
    assert street.share_of(fast, slow) == 0.5


def test_an_entry_replaces_its_own_and_leaves_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results")
    report.save("street.json", "one", {"pages": 1})
    report.save("street.json", "two", {"pages": 2})
    report.save("street.json", "one", {"pages": 3})
    kept = json.loads((tmp_path / "results" / "street.json").read_text())
    assert {name: entry["pages"] for name, entry in kept.items()} == {"one": 3, "two": 2}
    assert all("when" in entry for entry in kept.values())


def test_pages_of_wget_are_read_without_fragments_and_without_pictures():
    urls = ["http://h/", "http://h/a.html#top", "http://h/b.html?c#d", "http://h/e.png", "http://h/f.css#/"]
    assert contenders.html_of(urls) == ["http://h/", "http://h/a.html", "http://h/b.html?c"]


def test_a_comma_in_a_url_does_not_hide_it_from_the_list_of_wget2():
    stats = "ID,ParentID,URL,Status,Link\n1,0,http://h/a.html#f(int,int),200,1\n2,1,http://h/b.html,404,1\n"
    assert contenders.good_of(stats) == ["http://h/a.html#f(int,int)"]
    assert contenders.good_of("") == []
