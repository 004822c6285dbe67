"""check_site and check_site_async: what comes back, from where they may be called, and that nothing stays."""

import asyncio
import functools
import io
import json
import logging
import pickle
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from crawler import ConfigError, CrawlFailed, UsageError
from crawler.testing import check_site, check_site_async, checking
from tests.testing.served import BROKEN, GOOD, PAGE, WITH_WARNING, serving


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """What is made as a temporary folder is gone again. (Not by tempdir: a socket's path has to be short.)"""
    folder = tmp_path / "temporary"
    folder.mkdir()
    made = functools.partial(tempfile.TemporaryDirectory, dir=folder)
    monkeypatch.setattr(tempfile, "TemporaryDirectory", made)
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture(scope="module")
def broken():
    with serving(BROKEN) as url:
        yield url


@pytest.fixture(scope="module")
def good():
    with serving(GOOD) as url:
        yield url


def test_a_good_site_has_no_errors_and_nothing_is_printed(good, capfd):
    report = check_site(good)
    assert not report.errors
    assert (report.pages, report.exit_code) == (2, 0)
    assert capfd.readouterr() == ("", "")


def test_a_finding_has_its_rule_its_target_and_its_places(broken):
    (found,) = check_site(broken, quiet=True).errors
    assert (found.rule, found.severity, found.target) == ("broken-link", "error", f"{broken}gone")
    assert "404" in found.message
    first, second = found.places
    assert (first.page, first.element, first.text) == (broken, "a href", "Gone")
    assert (first.line, first.column) == (1, PAGE.format("Page /", BROKEN["/"]).index('href="/gone"') + 1)
    assert second.page == f"{broken}one"


def test_what_makes_the_check_fail_is_printed_and_told(broken, capsys):
    report = check_site(broken)
    printed = capsys.readouterr().out
    assert printed == f"{report.brief}\n"
    assert f"{broken}gone" in printed
    assert printed.endswith("1 error: exit code 1, --fail-on error\n")
    assert str(report) == report.text
    assert "crawler report" not in report.text, "there is nothing left that it could tell of"


async def test_an_output_that_cannot_hold_it_fails_no_check(monkeypatch, broken):
    written = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", written)
    with serving({"/": '<a href="/gone">Übersicht</a>'}) as url:
        await check_site_async(url)
    written.flush()
    assert b'a href  "\\xdcbersicht"' in written.buffer.getvalue()
    monkeypatch.setattr(sys, "stdout", None)
    assert (await check_site_async(broken)).errors


def test_quiet_prints_nothing(broken, capfd):
    assert check_site(broken, quiet=True).exit_code == 1
    assert capfd.readouterr() == ("", "")


def test_the_repr_names_what_is_broken_on_one_line(broken):
    report = check_site(broken, quiet=True)
    assert repr(report.errors).startswith("1 error: broken-link /gone at /:1:")
    assert repr(report.errors).endswith(" and 1 more place")
    assert repr(report) == f"<check of {broken}: 1 error on 2 pages>"
    assert str(report.errors) == (
        f"error broken-link: {broken}gone at {broken}:1:94, {broken}one:1:77:"
        " The server answered 404 (Not Found)."
    )


def test_many_findings_are_named_as_far_as_pytest_shows_them():
    with serving({"/": "".join(f'<a href="/gone/{number}">{number}</a>' for number in range(30))}) as url:
        report = check_site(url, quiet=True)
    assert len(report.errors) == 30
    assert len(repr(report.errors)) < 240
    assert repr(report.errors).endswith(" at /:1:351; and 25 more")


def test_of_a_finding_as_many_places_are_kept_as_is_said():
    with serving({"/": '<a href="/gone">x</a>\n' * 150}) as url:
        (found,) = check_site(url, quiet=True).errors
    assert (len(found.places), found.places_count) == (100, 150)


def test_a_report_can_be_sent_to_another_process(broken):
    report = pickle.loads(pickle.dumps(check_site(broken, quiet=True)))
    assert [place.page for place in report.errors[0].places] == [broken, f"{broken}one"]


def test_options_of_the_command_and_keys_of_sections_are_taken(good):
    with serving(WITH_WARNING) as url:
        assert [found.rule for found in check_site(url).warnings] == ["missing-alt"]
        assert not check_site(url, rules={"missing-alt": "off"}).warnings
        assert check_site(url, fail_on="warning", quiet=True).exit_code == 1
        ignored = check_site(url, ignore=[{"rule": "missing-alt", "url": "/one", "reason": "old"}])
    assert (len(ignored.warnings), ignored.ignored[0].findings) == (0, 1)
    assert check_site(good, max_pages=1).pages == 1
    assert check_site(good, scope={"max_pages": 1}).pages == 1
    assert check_site(good, exclude="/one").pages == 1
    assert check_site(good, min_pages=3, quiet=True).exit_code == 1


def test_a_robots_txt_is_obeyed_unless_it_is_to_be_ignored():
    with serving({**GOOD, "/robots.txt": "User-agent: *\nDisallow: /one"}, plain=("/robots.txt",)) as url:
        assert check_site(url).pages == 1
        assert check_site(url, ignore_robots=True).pages == 2


def test_a_header_and_a_cookie_are_sent():
    with serving(GOOD, wants={"X-User": "Ann", "Cookie": "session=abc"}) as url:
        assert check_site(url, header="X-User: Ann", cookie="session=abc").pages == 2
        with pytest.raises(CrawlFailed, match="403"):
            check_site(url, header="X-User: Ann")


def test_a_config_file_is_read_and_keywords_win(tmp_path, broken):
    file = tmp_path / "check.toml"
    file.write_text('[check.rules]\nbroken-link = "warning"\n[scope]\nmax_pages = 1\n')
    report = check_site(broken, config=file, max_pages=5)
    assert (len(report.errors), len(report.warnings), report.pages) == (0, 1, 2)


def test_two_urls_are_begun_at():
    with serving({"/": "Start.", "/hidden": "Nothing leads here."}) as url:
        assert check_site(url).pages == 1
        assert check_site(url, f"{url}hidden").pages == 2


def test_a_folder_is_served_and_its_files_are_named(tmp_path):
    site = tmp_path / "public"
    site.mkdir()
    (site / "index.html").write_text(PAGE.format("Home", '<a href="gone.html">Gone</a>'))
    report = check_site(site, quiet=True)
    assert [(found.target, found.places[0].page) for found in report.errors] == [("gone.html", "index.html")]


def test_what_is_printed_in_a_step_of_github_is_no_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    link = '<a href="gone.html">##[error]x</a>'
    (tmp_path / "index.html").write_text(PAGE.format("Home", '<a href="::error::n.html">n</a>'))
    (tmp_path / "::error::n.html").write_text(PAGE.format("N", link))
    assert check_site(tmp_path).errors
    printed = capsys.readouterr().out
    assert ": :error::n.html:1:" in printed
    assert '"## [error]x"' in printed
    assert not [line for line in printed.splitlines() if line.strip().startswith("::")]


def test_reports_are_written_before_all_else_is_gone(tmp_path, broken):
    check_site(broken, report=f"json={tmp_path / 'check.json'}", quiet=True)
    assert json.loads((tmp_path / "check.json").read_text())["findings"][0]["rule"] == "broken-link"


def test_what_a_baseline_lists_does_not_count_whatever_the_port(tmp_path):
    known = tmp_path / "known.json"
    with serving(BROKEN) as url:
        assert not check_site(url, baseline=known, write_baseline=True).errors
    with serving(BROKEN) as url:
        report = check_site(url, baseline=known)
    assert (report.exit_code, len(report.errors), report.known.findings) == (0, 0, 1)
    with serving({**BROKEN, "/one": '<a href="/lost">Lost</a>'}) as url:
        assert [found.target for found in check_site(url, baseline=known, quiet=True).errors] == [
            f"{url}lost"
        ]


def test_out_is_kept_and_may_be_used_again(tmp_path, good):
    out = tmp_path / "kept"
    assert str(out) in check_site(good, out=out).text
    assert (out / "facts.db").exists()
    assert check_site(good, out=out, again=True).pages == 2
    assert check_site(good, out=out, fresh=True).pages == 2
    with pytest.raises(UsageError, match="finished"):
        check_site(good, out=out)


@pytest.mark.parametrize(
    ("keys", "kind", "words"),
    [
        ({"extrnal": True}, ConfigError, r"extrnal = true \(check_site\(extrnal=…\)\) is an unknown key"),
        ({"max_pages": 0}, ConfigError, r"scope.max_pages = 0 \(check_site\(max_pages=…\)\) is refused"),
        ({"max_pages": 1, "scope": {"max_pages": 2}}, UsageError, "scope.max_pages is given twice"),
        ({"seeds": ["http://127.0.0.1/"]}, UsageError, "given twice"),
        ({"base_path": "/docs/"}, UsageError, "base_path is for a folder"),
        ({"baseline": "no-such.json"}, UsageError, "no-such.json"),
        ({"write_baseline": True}, UsageError, "--write-baseline needs --baseline FILE"),
        ({"report": "pdf=x.pdf"}, UsageError, "there is no format 'pdf'"),
        ({"config": "no-such.toml"}, ConfigError, "no-such.toml cannot be read"),
        ({"config": 3}, UsageError, r"check_site\(\): 3 is no text, nor a path"),
        ({"report": "github"}, UsageError, r"'github'\): .* name a file, report=\"github=FILE\""),
        ({"report": ["junit=x.xml", "html=-"]}, UsageError, r"'html=-'\): .* report=\"html=FILE\""),
        ({"fresh": True}, UsageError, r"check_site\(fresh=True\) is about .*, out=…"),
        ({"again": True}, UsageError, r"again = true \(check_site\(again=…\)\) is about .*, out=…"),
        ({"flaky": 3}, UsageError, r"check.flaky = 3 \(check_site\(flaky=…\)\) is about .*, out=…"),
        ({"frobnicate": 1}, ConfigError, r"unknown key; docs/configuration.md lists the keys that exist"),
    ],
)
def test_bad_input_is_refused_before_anything_is_asked_for(keys, kind, words):
    asked: list[str] = []
    with serving(GOOD, asked=asked) as url, pytest.raises(kind, match=words):
        check_site(url, **keys)
    assert asked == []


def test_a_source_map_that_maps_nothing_is_refused(good):
    with pytest.raises(UsageError, match="there is no folder nowhere"):
        check_site(good, source_map=[f"{good}=nowhere"])


def test_a_source_map_by_which_no_page_was_found_is_told(tmp_path, monkeypatch, good, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "content").mkdir()
    report = check_site(good, source_map=[f"{good}=content"], report="sarif=check.sarif")
    assert capsys.readouterr().out.startswith(f"warning: --source-map {good}=content: ")
    assert pickle.loads(pickle.dumps(report)).sources.file_of(f"{good}one") == report.sources.file_of(
        f"{good}one"
    )


def test_nothing_to_check_is_refused():
    with pytest.raises(UsageError, match="no seed: name a URL or a folder"):
        check_site()
    with pytest.raises(UsageError, match="is neither a folder nor a URL"):
        check_site("no/such/folder")


@pytest.mark.parametrize("given", [None, b"http://127.0.0.1/", 3, ["http://127.0.0.1/"]])
def test_what_is_neither_a_url_nor_a_folder_is_refused_in_a_sentence(given):
    with pytest.raises(UsageError, match=r"^check_site\(\): .* is no text, nor a path: it takes URLs as str"):
        check_site(given)


def test_a_config_file_may_ask_for_reports_that_only_the_command_prints(tmp_path, good, capfd):
    file = tmp_path / "check.toml"
    file.write_text('[check]\nreports = ["github"]\n')
    assert not check_site(good, config=file).errors
    assert capfd.readouterr().out == ""


def test_a_site_that_cannot_be_reached_never_passes():
    with serving(GOOD) as url:
        pass
    with pytest.raises(CrawlFailed, match=r"no seed could be reached: .*refused") as raised:
        check_site(url, retries=0)
    assert "crawler resume" not in str(raised.value)
    with serving({"/one": "x"}) as url, pytest.raises(CrawlFailed, match="404"):
        check_site(url)


async def app_in_this_loop() -> TestServer:
    async def page(request: web.Request) -> web.Response:
        text = PAGE.format("Home", '<a href="/gone">Gone</a>')
        return web.Response(text=text, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    server = TestServer(app)
    await server.start_server()
    return server


async def test_an_app_of_the_same_loop_is_checked():
    server = await app_in_this_loop()
    report = await check_site_async(str(server.make_url("/")), quiet=True)
    await server.close()
    assert [found.rule for found in report.errors] == ["broken-link"]


async def test_several_checks_in_one_loop():
    server = await app_in_this_loop()
    url = str(server.make_url("/"))
    reports = await asyncio.gather(*(check_site_async(url, quiet=True) for _ in range(3)))
    await server.close()
    assert [len(report.errors) for report in reports] == [1, 1, 1]


def test_several_checks_in_threads(broken):
    with ThreadPoolExecutor(2, thread_name_prefix="asyncio_") as threads:
        found = list(threads.map(lambda _: repr(check_site(broken, quiet=True).errors), range(2)))
    assert found[0] == found[1]
    assert found[0].startswith("1 error")


def inside_a_loop(call):
    """``call`` made by a coroutine, as a notebook makes it."""

    async def main():
        return call()

    return asyncio.run(main())


def test_inside_a_running_loop_it_has_a_loop_of_its_own(broken):
    report = inside_a_loop(lambda: check_site(broken, quiet=True))
    assert len(report.errors) == 1


def test_what_is_raised_inside_a_running_loop_arrives(good):
    with pytest.raises(ConfigError):
        inside_a_loop(lambda: check_site(good, max_pages=0))
    with serving({}) as url, pytest.raises(CrawlFailed, match="404"):
        inside_a_loop(lambda: check_site(url))


def test_an_app_that_waits_for_the_check_which_waits_for_it_is_told(monkeypatch):
    monkeypatch.setattr(checking, "FIRST_ANSWER", 1.0)

    async def main():
        server = await app_in_this_loop()
        try:
            check_site(str(server.make_url("/")))
        finally:
            await server.close()

    with pytest.raises(UsageError, match=r"no answer .* within 1 s: .* await check_site_async"):
        asyncio.run(main())


async def test_cancelled_it_ends_at_once_and_leaves_nothing(temporary):
    server = await app_in_this_loop()
    checking = asyncio.create_task(check_site_async(str(server.make_url("/")), delay=30))
    while not list(temporary.glob("crawler-check-*/out/crawl.db")):
        await asyncio.sleep(0.01)
    checking.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(5):
            await checking
    await server.close()
    assert list(temporary.glob("crawler-check-*")) == []


def test_nothing_is_logged_on_standard_error_and_logging_is_as_it_was(capfd, monkeypatch):
    """Without any handler, what a library logs would go there from a warning up."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    with serving({}) as url, pytest.raises(CrawlFailed):
        check_site(f"{url}", retries=0)
    assert capfd.readouterr().err == ""
    assert logging.getLogger("crawler").handlers == []
