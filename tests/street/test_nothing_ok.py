"""A crawl that found no page fails, and says why in its last line; one that met only a login says so too."""

import asyncio
import ssl

import pytest
import trustme

from crawler import Config, Crawler
from crawler.model.errors import CrawlFailed
from tests import crawls
from tests.stations.fetch_servers import Served, always, by_target, byte_server, ok

OPTIONS = ("--no-progress", "--retries", 0, "--executor", "inline", "--set", "fetch.connect_timeout=2")
ROBOTS = ok(b"User-agent: *\nDisallow: /\n", "Content-Type: text/plain\r\n")
FORM = b"<title>Sign in</title><form><input name=p type=Password></form><a href=/b>b</a>"


def to(location: str) -> bytes:
    return ok(b"", f"Location: {location}\r\n", "302 Found")


async def crawl(served: Served, out, *more: object, seeds=("/",)) -> tuple[int, str, str]:
    """Exit code, the last line on standard error (or what was said before the last on output), both."""
    urls = [f"{served.url}{seed}" for seed in seeds]
    done = await asyncio.to_thread(crawls.crawl, "run", *urls, "-o", out, *OPTIONS, *more)
    assert "Traceback" not in done.stderr
    assert done.stdout.splitlines()[-1] == f"output: {out}"
    found = crawls.summary(out)
    last = done.stderr.splitlines()[-1] if done.stderr else done.stdout.splitlines()[-2]
    assert found["exit_code"] == done.returncode
    if found["message"]:
        assert found["message"] == last.removeprefix("crawler: ")
    return done.returncode, last.replace(served.url, "http://SITE"), done.stdout


NOTHING = {
    "missing": (
        {"/": ok(b"", status="404 Not Found")},
        "http://SITE/: the server answered 404 (Not Found)",
    ),
    "in trouble": (
        {"/": ok(b"", status="500 Internal Server Error")},
        "http://SITE/: the server answered 500 (Internal Server Error)",
    ),
    "asks for a login": (
        {"/": ok(b"", 'WWW-Authenticate: Basic realm="Staging"\r\n', "401 Unauthorized")},
        'http://SITE/: the server answered 401 (Unauthorized) and asks for a login: Basic realm="Staging";'
        " session.auth, session.headers and session.send_cookies log in, see docs/sessions.md",
    ),
    "all is forbidden": (
        {"/robots.txt": ROBOTS, "/": ok()},
        "http://SITE/: robots.txt of this host forbids everything for you: line 2 `Disallow: /`;"
        " --ignore-robots if the site is yours",
    ),
    "robots.txt fails": (
        {"/robots.txt": ok(b"", status="503 Busy")},
        "http://SITE/: robots.txt was answered with 503, so nothing may be fetched there;"
        " --ignore-robots if the site is yours",
    ),
    "elsewhere": (
        {"/": to("/a"), "/a": to("http://127.0.0.1:9/x?a=1&b=2")},
        "http://SITE/a, to which http://SITE/ redirects: it redirects to http://127.0.0.1:9/x?a=1&b=2,"
        " which is outside the scope; to crawl that site: crawler run 'http://127.0.0.1:9/x?a=1&b=2',"
        " or beside this one: --set scope.origins=http://127.0.0.1:9",
    ),
    "a login elsewhere": (
        {"/": to("http://127.0.0.1:9/sso/start")},
        "http://SITE/: it redirects to a login page, http://127.0.0.1:9/sso/start;"
        " session.auth, session.headers and session.send_cookies log in, see docs/sessions.md",
    ),
    "of another type": (
        {"/": ok(b"%PDF", "Content-Type: application/pdf\r\n")},
        "http://SITE/: bodies of type application/pdf are not read;"
        " fetch.content_types names the types that are",
    ),
    "in a circle": (
        {"/": to("/a"), "/a": to("/")},
        "http://SITE/a, to which http://SITE/ redirects: the redirects lead in a circle",
    ),
}


@pytest.mark.parametrize("name", NOTHING)
async def test_the_last_line_says_why_no_page_was_ok(tmp_path, name):
    answers, why = NOTHING[name]
    async with byte_server(by_target(answers)) as served:
        code, last, said = await crawl(served, tmp_path)
    assert (code, last) == (3, f"crawler: no page was ok: {why}")
    assert f"crawler resume {tmp_path}" in said
    told = crawls.crawl("status", tmp_path).stdout.replace(served.url, "http://SITE")
    assert told.splitlines()[1] == f"no page was ok: {why}"


ELSEWHERE = (
    "it redirects to http://127.0.0.1:9/, which is outside the scope; to crawl that site:"
    " crawler run http://127.0.0.1:9/, or beside this one: --set scope.origins=http://127.0.0.1:9"
)


async def test_a_seed_that_leads_elsewhere_is_named_though_others_are_read(tmp_path):
    answers = {"/": to("http://127.0.0.1:9/"), "/a": to("http://127.0.0.1:9/"), "/ok": ok()}
    async with byte_server(by_target(answers)) as served:
        code, last, _ = await crawl(served, tmp_path / "one", seeds=("/ok", "/"))
        assert (code, last) == (0, f"http://SITE/: {ELSEWHERE}")
        code, last, _ = await crawl(served, tmp_path / "two", seeds=("/", "/ok", "/a"))
        assert (code, last) == (0, f"http://SITE/: {ELSEWHERE}; and so do 1 more")
        # When every seed does, there is nothing to crawl.
        code, last, _ = await crawl(served, tmp_path / "all", seeds=("/", "/a"))
        assert code == 3
        assert ELSEWHERE in last


async def test_the_option_that_is_named_takes_the_other_host_in(tmp_path):
    async with byte_server(always(ok())) as other:
        async with byte_server(by_target({"/": to(f"{other.url}/")})) as served:
            code, last, _ = await crawl(served, tmp_path / "one")
            assert code == 3
            option = last.rpartition("beside this one: ")[2].split()
            code, _, _ = await crawl(served, tmp_path / "two", *option)
            assert code == 0
        assert f"{other.url}/" in crawls.urls(tmp_path / "two")


async def test_a_link_that_leads_elsewhere_is_no_seed(tmp_path):
    answers = {"/": ok(b"<a href=/a>a</a>"), "/a": to("http://127.0.0.1:9/")}
    async with byte_server(by_target(answers)) as served:
        code, _, said = await crawl(served, tmp_path)
    assert code == 0
    assert "scope.origins" not in said


async def test_a_site_in_trouble_comes_before_what_is_elsewhere(tmp_path):
    answers = {"/": to("http://127.0.0.1:9/"), "/a": ok(b"", status="503 Service Unavailable")}
    async with byte_server(by_target(answers)) as served:
        code, last, _ = await crawl(served, tmp_path, seeds=("/", "/a"))
    assert code == 3
    assert last.startswith("crawler: no page was ok: http://SITE/a: the server answered 503 (Service Unavail")
    assert last.endswith(f"; http://SITE/: {ELSEWHERE}")


async def test_a_robots_txt_that_cannot_be_read_is_the_reason(tmp_path):
    answers = {"/robots.txt": ok(b"no gzip", "Content-Encoding: gzip\r\n"), "/": ok()}
    async with byte_server(by_target(answers)) as served:
        code, last, _ = await crawl(served, tmp_path)
    assert code == 3
    assert "robots.txt could not be read, so nothing may be fetched there: " in last
    assert "--ignore-robots if the site is yours" in last


async def test_what_is_left_out_on_purpose_is_no_page_either(tmp_path):
    async with byte_server(by_target({"/": to("/private/")})) as served:
        code, last, _ = await crawl(served, tmp_path, "--exclude", "/private/")
    assert code == 3
    assert last.endswith("redirects to http://SITE/private/, which scope.include or scope.exclude leaves out")


async def test_the_reason_is_the_very_last_line_of_all(tmp_path):
    async with byte_server(by_target({})) as served:
        running = await asyncio.create_subprocess_exec(
            *crawls.command("run", f"{served.url}/", "-o", tmp_path, *OPTIONS),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await running.communicate()
    lines = printed.decode().splitlines()
    assert lines[-2] == f"output: {tmp_path}"
    assert lines[-1].startswith("crawler: no page was ok: ")


async def test_several_reasons_are_counted(tmp_path):
    answers = {"/robots.txt": ok(b"user-agent: *\ndisallow: /x"), "/": ok(b"", status="410 Gone")}
    async with byte_server(by_target(answers)) as served:
        code, last, _ = await crawl(served, tmp_path, seeds=("/", "/x/1", "/x/2"))
    assert code == 3
    assert last.endswith("the server answered 410 (Gone) (of all 3 URLs: robots 2, http_status 1)")


async def test_a_page_limit_that_errors_have_used_up_is_named(tmp_path):
    async with byte_server(by_target({})) as served:
        code, last, _ = await crawl(served, tmp_path, "--max-pages", 1, seeds=("/", "/a", "/b"))
    assert code == 3
    assert last.endswith("(Not Found); 2 are pending, since scope.max_pages was reached")


async def test_a_certificate_that_nobody_vouches_for_is_named_with_the_key_that_would(tmp_path):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    async with byte_server(always(ok()), ssl=context) as served:
        code, last, said = await crawl(served, tmp_path)
    assert code == 3
    assert last.startswith("crawler: no seed could be reached: http://SITE/ (tls): ")
    assert "unable to get local issuer certificate (fetch.ca_file names certificates to trust)" in last
    assert "unable to get local issuer certificate" in said


async def test_a_sitemap_is_no_page(tmp_path):
    urls = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{}</urlset>"
    answers = {"/map.xml": ok(b"", "Content-Type: application/xml\r\n")}
    async with byte_server(lambda *how: by_target(answers)(*how)) as served:
        named = f"<url><loc>{served.url}/a</loc></url>".encode()
        more = ("--set", f"sitemaps.urls={served.url}/map.xml")
        answers["/map.xml"] = ok(urls.encode().replace(b"{}", named), "Content-Type: application/xml\r\n")
        code, last, _ = await crawl(served, tmp_path / "none", *more)
        assert code == 3
        assert "404 (Not Found) (of all 2 URLs: http_status 2)" in last
        # The very same crawl, once one of the sitemap's pages is there.
        answers["/a"] = ok()
        assert (await crawl(served, tmp_path / "one", *more))[0] == 0


@pytest.mark.parametrize("answer", [ok(b"x" * 100), ok(b"")])
async def test_a_page_that_is_cut_off_or_empty_is_one(tmp_path, answer):
    async with byte_server(by_target({"/": answer})) as served:
        code, _, _ = await crawl(served, tmp_path, "--max-body", 10)
    assert code == 0


async def test_it_is_begun_again_once_the_reason_is_gone(tmp_path):
    async with byte_server(by_target({"/robots.txt": ROBOTS, "/": ok()})) as served:
        assert (await crawl(served, tmp_path))[0] == 3
        assert (await crawl(served, tmp_path))[0] == 3
        assert (await crawl(served, tmp_path, "--ignore-robots"))[0] == 0
        assert crawls.urls(tmp_path) == {f"{served.url}/": 1}
    assert crawls.summary(tmp_path)["runs"] == 3


async def test_pages_that_an_earlier_run_found_count(tmp_path):
    answers = {"/": ok(b"<a href=/a>a</a><a href=/b>b</a>")}
    async with byte_server(by_target(answers)) as served:
        assert (await crawl(served, tmp_path, "--max-pages", 1))[0] == 0
        code, _, said = await crawl(served, tmp_path, "--max-pages", 9)
    assert code == 0
    assert "http_status 2" in said


async def test_from_python_it_is_an_error_after_the_last_record(tmp_path):
    async with byte_server(by_target({})) as served:
        config = Config(seeds=[f"{served.url}/"], out=tmp_path, parse={"executor": "inline"})
        records = 0
        with pytest.raises(CrawlFailed, match=r"no page was ok: .* 404 \(Not Found\)"):
            async with Crawler(config) as crawl:
                async for record in crawl:
                    assert record.kind == "http_status"
                    records += 1
    assert records == 1


LOGINS = {
    "redirects": (
        {"/": to("/login?next=/"), "/a": to("/login?next=/"), "/login?next=/": ok(b"<a href=/help>help</a>")},
        ("/", "/a"),
        "http://SITE/ redirects to a login page, http://SITE/login?next=/: what is behind it",
    ),
    "in place": (
        {"/": ok(FORM), "/b": ok(FORM)},
        ("/",),
        "every page that was ok is a login page, http://SITE/: what is behind it",
    ),
    "one page": (
        {"/": to("/hello"), "/a": to("/hello"), "/hello": ok(FORM.partition(b"<a")[0])},
        ("/", "/a"),
        "every page that was ok is a login page, http://SITE/hello: what is behind it",
    ),
}


@pytest.mark.parametrize("name", LOGINS)
async def test_a_login_page_that_everything_leads_to_is_named(tmp_path, name):
    answers, seeds, says = LOGINS[name]
    async with byte_server(by_target(answers)) as served:
        code, last, _ = await crawl(served, tmp_path, seeds=seeds)
    assert code == 0
    assert last.startswith(f"{says} was not crawled; session.auth, session.headers and")


@pytest.mark.parametrize(
    "answers",
    [
        {"/": ok(b"<a href=/b>b</a><a href=/login>in</a>"), "/login": ok(FORM), "/b": to("/login")},
        {"/": ok(FORM), "/b": ok(FORM.replace(b"Sign in", b"Page b"))},  # a form above every page
        {"/": to("/start"), "/start": ok()},
    ],
)
async def test_a_login_page_among_others_is_nothing_to_speak_of(tmp_path, answers):
    async with byte_server(by_target(answers)) as served:
        code, _, said = await crawl(served, tmp_path)
    assert code == 0
    assert "login page" not in said
