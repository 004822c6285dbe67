"""Whole crawls of a site whose pages only its sitemaps name."""

import asyncio
import gzip
import os
import signal
from collections import Counter
from pathlib import Path

from crawler.model.outcomes import Kind, Outcome
from tests import crawls
from tests.stations.fetch_servers import Answer, Served, byte_server, ok

PAGES = 120
MAPS = ("/index.xml", "/one.xml", "/two.xml.gz")


def urlset(*locs: str) -> bytes:
    return ("<urlset>" + "".join(f"<url><loc>{loc}</loc></url>" for loc in locs) + "</urlset>").encode()


def site(
    delay: float = 0.0, robots: bytes = b"Sitemap: /index.xml\nUser-agent: *\nDisallow: /p/7\n"
) -> Answer:
    """Its start page links to page 0 alone; an index of two sitemaps names all the others."""
    one, two = (
        urlset(*(f"/p/{n}" for n in range(at, PAGES, 2)), "http://elsewhere.example/") for at in (0, 1)
    )
    index = b"".join(b"<sitemap><loc>%b</loc></sitemap>" % path.encode() for path in MAPS)
    answers = {
        "/robots.txt": ok(robots, "Content-Type: text/plain\r\n"),
        "/": ok(b"<a href=/p/0>0</a>"),
        "/index.xml": ok(b"<sitemapindex>" + index + b"</sitemapindex>", "Content-Type: text/xml\r\n"),
        "/one.xml": ok(one, "Content-Type: application/xml\r\n"),
        "/two.xml.gz": ok(gzip.compress(two), "Content-Type: application/gzip\r\n"),
    }

    async def answer(_served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        path = head.split(" ", 2)[1]
        await asyncio.sleep(delay)
        writer.write(answers.get(path) or (ok() if path.startswith("/p/") else ok(b"", status="404 No")))
        await writer.drain()

    return answer


async def crawl(*arguments: object) -> None:
    running = await asyncio.create_subprocess_exec(
        *crawls.command(*arguments), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    _, stderr = await running.communicate()
    assert running.returncode == 0, stderr.decode()


def run(url: str, out: Path, *more: str) -> list[object]:
    words = [word for text in more for word in ("--set", text)]
    return ["run", f"{url}/", "-o", out, "--no-progress", "--workers", 1, "--concurrency", 4, *words]


def everything(served: Served) -> set[str]:
    return {f"{served.url}{path}" for path in ("/", *MAPS, *(f"/p/{n}" for n in range(PAGES)))}


async def test_by_default_a_crawl_is_what_links_lead_to(tmp_path):
    async with byte_server(site()) as served:
        await crawl(*run(served.url, tmp_path / "out"))
        assert Counter(served.targets) == Counter(["/robots.txt", "/", "/p/0"])


async def test_robots_txt_leads_to_sitemaps_and_they_to_pages(tmp_path):
    out = tmp_path / "out"
    async with byte_server(site()) as served:
        await crawl(*run(served.url, out, "sitemaps.follow=true"))
        found = {record.url.removeprefix(served.url): record for record in crawls.records(out)}
        assert len(found) == len(everything(served)) == crawls.summary(out)["discovered"]
        # robots.txt is obeyed for what a sitemap names, too.
        forbidden = {f"/p/{n}" for n in range(PAGES) if str(n).startswith("7")}
        assert {path for path, record in found.items() if record.kind == Kind.ROBOTS} == forbidden
        assert Counter(served.targets) == Counter({"/robots.txt", *found} - forbidden)
    assert {path: found[path].depth for path in ("/", *MAPS, "/p/0", "/p/5")} == {
        **dict.fromkeys(("/", *MAPS), 0), "/p/0": 1, "/p/5": 1
    }  # fmt: skip
    assert [found[path].referrer for path in MAPS] == [None, *[f"{served.url}/index.xml"] * 2]
    assert found["/p/5"].referrer == f"{served.url}/two.xml.gz"
    assert len(found["/two.xml.gz"].links) == PAGES / 2 + 1
    assert crawls.summary(out)["links_out_of_scope"] == 2
    assert {record.outcome for record in found.values()} == {Outcome.OK, Outcome.SKIPPED}


async def test_sitemaps_that_the_user_names_are_read_even_elsewhere(tmp_path):
    robots = b"User-agent: *\nDisallow: /one.xml\n"
    async with byte_server(site(robots=robots)) as served, byte_server(ok(b"")) as elsewhere:
        listed = urlset(f"{served.url}/p/3", f"{elsewhere.url}/page").decode()
        async with byte_server(
            site_of({"/list.xml": ok(listed.encode(), "Content-Type: text/xml\r\n")})
        ) as other:
            named = f'sitemaps.urls=["{other.url}/list.xml","{served.url}/one.xml"]'
            await crawl(*run(served.url, tmp_path / "out", named))
        found = {record.url: record for record in crawls.records(tmp_path / "out")}
        assert found[f"{other.url}/list.xml"].outcome == Outcome.OK
        assert found[f"{served.url}/one.xml"].kind == Kind.ROBOTS
        assert set(found) - {f"{other.url}/list.xml", f"{served.url}/one.xml"} == {
            f"{served.url}{path}" for path in ("/", "/p/0", "/p/3")
        }
        assert elsewhere.connections == 0


def site_of(answers: dict[str, bytes]) -> Answer:
    async def answer(_served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(answers.get(head.split(" ", 2)[1], ok(b"", status="404 No")))
        await writer.drain()

    return answer


async def test_without_obeying_robots_txt_its_sitemaps_are_still_read(tmp_path):
    async with byte_server(site()) as served:
        await crawl(*run(served.url, tmp_path / "out", "sitemaps.follow=true", "robots.obey=false"))
        assert Counter(served.targets) == Counter(
            {"/robots.txt", *(url[len(served.url) :] for url in everything(served))}
        )


async def test_killed_at_any_moment_it_finds_everything_once(tmp_path):
    """Killed after so many requests, again and again: the first times before any sitemap was read."""
    out = tmp_path / "out"
    async with byte_server(site(delay=0.01)) as served:
        arguments = run(served.url, out, "sitemaps.follow=true", "robots.obey=false")
        for requests in (1, 2, 3, 5, 40):
            before = len(served.heads)
            running = await asyncio.create_subprocess_exec(
                *crawls.command(*arguments),
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
            while len(served.heads) < before + requests and running.returncode is None:
                await asyncio.sleep(0.001)
            os.killpg(running.pid, signal.SIGKILL)
            await running.wait()
        await crawl("resume", out)
        assert crawls.urls(out) == Counter(everything(served))
        crawls.integrity(out)
        # What was in flight at each of five kills, and robots.txt while it was not in crawl.db yet.
        assert len(served.heads) <= len(everything(served)) * 2
