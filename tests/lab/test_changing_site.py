"""The site that changes: what it answers is what its manifest says, and that is what its script has done."""

import gzip
import multiprocessing
import re
import urllib.request
from collections import Counter
from itertools import pairwise

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from crawler.lab.changing.answering import FUTURE, reply
from crawler.lab.changing.changing_process import ChangingProcess, serve_changing_forever
from crawler.lab.changing.manifest import Field, Generation, manifest
from crawler.lab.changing.page import Cosmetic, Page, Serves
from crawler.lab.changing.script import script
from crawler.lab.changing.server import ChangingSite
from crawler.lab.changing.stage import LOG_PATH, STAGE_PATH, STAGES, Act
from crawler.model.errors import ChildFailed

SEEDS = [1, 2]
PAGE = Page("/a", "A", (("Some words are here.",),), stage=2)


class Client:
    """Crawls as the standard says, with no line of the crawler's and none of the manifest's."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._validators: dict[str, dict[str, str]] = {}
        self._links: dict[str, list[str]] = {}

    async def crawl(self) -> dict[str, tuple[int, int]]:
        """Status and size of each answer, by path."""
        answers: dict[str, tuple[int, int]] = {}
        waiting = ["/"]
        while waiting:
            path = waiting.pop()
            if path in answers:
                continue
            asked = self._validators.pop(path, {})
            async with self._session.get(
                path, headers={"Accept-Encoding": "gzip", **asked}, allow_redirects=False
            ) as answer:
                raw = await answer.read()
                answers[path] = answer.status, len(raw)
                if answer.status == 304 and asked:
                    self._validators[path] = asked
                elif answer.status == 200:
                    body = gzip.decompress(raw) if "Content-Encoding" in answer.headers else raw
                    self._links[path] = re.findall(r'<a href="([^"]+)"', body.decode())
                    self._validators[path] = kept(answer.headers)
                else:
                    self._links[path] = [answer.headers["Location"]] if "Location" in answer.headers else []
            waiting += self._links[path]
        return answers


def kept(headers):
    found = {}
    if "ETag" in headers:
        found["If-None-Match"] = headers["ETag"]
    if re.fullmatch(r"\w{3}, \d\d Sep 2024 .* GMT", headers.get("Last-Modified", "")):
        found["If-Modified-Since"] = headers["Last-Modified"]
    return found


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_server_answers_as_the_manifest_says(seed):
    site = ChangingSite(seed)
    async with (
        TestServer(site.app()) as server,
        aiohttp.ClientSession(server.make_url("/"), auto_decompress=False) as session,
    ):
        client = Client(session)
        for generation in manifest(seed):
            async with session.put(STAGE_PATH, data=str(generation.number)) as answer:
                assert answer.status == 200
            found = await client.crawl()
            assert found == {path: (known.status, known.sent) for path, known in generation.crawled.items()}
            assert Counter(status for status, _ in found.values()) == generation.statuses
            assert sum(sent for _, sent in found.values()) == generation.sent
            log = site.taken_log()
            assert {asked.path: (asked.status, asked.sent) for asked in log} == found
            assert len(log) == len(found)


async def test_it_can_be_served_to_another_process():
    site = ChangingSite(1)
    async with TestServer(site.app()) as server, aiohttp.ClientSession(server.make_url("/")) as session:
        for stage in ("0", "6", "x", ""):
            async with session.put(STAGE_PATH, data=stage) as answer:
                assert answer.status == 400
        async with session.head("/", headers={"If-None-Match": '"x"'}) as answer:
            assert answer.status == 200
        async with session.post("/") as answer:
            assert answer.status == 405
        async with session.get(LOG_PATH) as answer:
            (asked,) = await answer.json()
        assert asked["headers"]["if-none-match"] == '"x"'
        assert (asked["method"], asked["status"], asked["sent"]) == ("HEAD", 200, 0)
        assert site.log == []


def headers_of(asked: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in asked.items()}


def status(page: Page, stage: int = 2, **asked: str) -> int:
    return reply(page, headers_of(asked), stage).status


def served(way: Serves, **asked: str) -> tuple[Page, dict[str, str]]:
    page = Page("/a", "A", PAGE.paragraphs, serves=way, stage=2)
    return page, dict(
        reply(page, {name.replace("_", "-"): value for name, value in asked.items()}, 2).headers
    )


def test_apache_knows_the_tag_of_the_coding_alone():
    page, plain = served(Serves.APACHE)
    _, coded = served(Serves.APACHE, accept_encoding="br, gzip")
    assert coded["ETag"] == plain["ETag"][:-1] + '-gzip"'
    assert coded["Vary"] == plain["Vary"] == "Accept-Encoding"
    assert status(page, accept_encoding="gzip", if_none_match=coded["ETag"]) == 304
    assert status(page, accept_encoding="gzip", if_none_match=plain["ETag"]) == 200
    assert status(page, if_none_match=coded["ETag"]) == 200


def test_nginx_weakens_the_tag_and_knows_it_either_way():
    page, plain = served(Serves.NGINX)
    _, coded = served(Serves.NGINX, accept_encoding="gzip")
    assert coded["ETag"] == f"W/{plain['ETag']}"
    assert status(page, accept_encoding="gzip", if_none_match=plain["ETag"]) == 304
    assert status(page, if_none_match=coded["ETag"]) == 304


@pytest.mark.parametrize("way", [Serves.STRONG, Serves.WEAK, Serves.BOTH])
def test_a_tag_is_of_one_state_of_a_page(way):
    page, told = served(way)
    assert told["ETag"].startswith("W/") is (way is Serves.WEAK)
    assert status(page, if_none_match=f'"other", {told["ETag"]}') == 304
    assert status(page, if_none_match='"other"') == 200
    assert status(page.edited(3, title="B"), if_none_match=told["ETag"]) == 200


def test_a_tag_goes_before_a_date():
    page, told = served(Serves.BOTH)
    assert status(page, if_none_match='"other"', if_modified_since=told["Last-Modified"]) == 200


def test_a_date_alone():
    page, told = served(Serves.DATED)
    assert "ETag" not in told
    assert status(page, if_modified_since=told["Last-Modified"]) == 304
    assert status(page.edited(3), if_modified_since=told["Last-Modified"]) == 200
    assert status(page, if_modified_since="no date") == 200


def test_those_that_are_wrong():
    deaf, told = served(Serves.DEAF)
    assert status(deaf, if_none_match=told["ETag"], if_modified_since=told["Last-Modified"]) == 200
    stuck, told = served(Serves.STUCK)
    assert status(stuck.edited(3, title="B"), if_none_match=told["ETag"]) == 304
    restless, told = served(Serves.RESTLESS)
    assert [status(restless, stage, if_none_match=told["ETag"]) for stage in (2, 3)] == [304, 200]
    future, told = served(Serves.FUTURE)
    assert told == {"Last-Modified": FUTURE, "Content-Type": "text/html; charset=utf-8"}
    undated, told = served(Serves.UNDATED)
    # Who sends these back is fooled.
    for page, value in ((future, FUTURE), (undated, told["Last-Modified"])):
        assert status(page.edited(3, title="B"), if_modified_since=value) == 304
    nothing, told = served(Serves.NOTHING)
    assert told.keys() == {"Content-Type"}
    assert status(nothing.edited(3, status=304)) == 304


def test_a_seed_makes_one_site():
    assert script.__wrapped__(5) == script(5)
    assert script(5)[0].pages != script(6)[0].pages


def test_every_stage_does_a_little_of_everything():
    for seed in range(10):
        stages = script(seed)
        assert len(stages) == STAGES
        assert 60 <= len(stages[0].pages) <= 120
        sizes = [len(" ".join(map(" ".join, page.paragraphs)).split()) for page in stages[0].pages.values()]
        assert min(size for size in sizes if size) == 30
        assert max(sizes) > 500
        looks = set()
        for before, stage in pairwise(stages):
            acts = {edit.act for edit in stage.edits}
            texts = {Act.WORD, Act.SENTENCE, Act.PARAGRAPH}
            assert acts | texts | {Act.BACK} == set(Act)
            assert acts & texts
            assert (Act.BACK in acts) is (stage.number > 2)
            looks |= {page.look[0] for page in stage.pages.values() if page.look}
            # Pages that answer in each way are edited, are only another to look at, and stay what they were.
            for act in (texts, {Act.COSMETIC}):
                edited = {stage.pages[edit.path].serves for edit in stage.edits if edit.act in act}
                assert edited >= set(Serves) - ({Serves.STUCK} if act == {Act.COSMETIC} else set())
            stayed = {page.serves for path, page in stage.pages.items() if before.pages.get(path) == page}
            assert stayed == set(Serves)
        assert looks == set(Cosmetic)


def names(generation: Generation) -> dict[str, tuple[str, frozenset[Field]]]:
    return {found.path: (found.what, found.fields) for found in generation.differences}


FIELDS = {
    Act.WORD: {Field.TEXT},
    Act.SENTENCE: {Field.TEXT},
    Act.PARAGRAPH: {Field.TEXT},
    Act.TITLE: {Field.TITLE},
    Act.CANONICAL: {Field.CANONICAL},
    Act.LINK_ADDED: {Field.LINKS, Field.TEXT},
    Act.LINK_REMOVED: {Field.LINKS, Field.TEXT},
    Act.LINK_LEADS: {Field.LINKS},
    Act.TARGET: {Field.REDIRECT},
    Act.FAILING: {Field.STATUS, Field.KIND},
    Act.NOT_MODIFIED: {Field.STATUS, Field.KIND},
    Act.BACK: {Field.STATUS, Field.KIND},
}
GONE = {Act.DELETED: 404, Act.DELETED_FOR_GOOD: 410, Act.UNLINKED: None}


@pytest.mark.parametrize("seed", range(6))
def test_the_manifest_names_every_edit_as_what_it_is_and_nothing_else(seed):
    for generation, stage in zip(manifest(seed), script(seed), strict=True):
        found = names(generation)
        unlinked = {edit.path for edit in stage.edits if edit.act is Act.UNLINKED}
        for edit in stage.edits:
            if edit.path in generation.unseen:
                assert (edit.act in FIELDS, edit.path in found) == (True, False)
            elif edit.act in FIELDS:
                assert found.pop(edit.path) == ("changed", FIELDS[edit.act])
            elif edit.act is Act.NEW:
                assert found.pop(edit.path) == ("added", frozenset())
            elif edit.act in GONE:
                gone = next(one for one in generation.differences if one.path == edit.path)
                assert (gone.what, gone.status) == ("gone", GONE[edit.act])
                del found[edit.path]
            elif edit.act is Act.COSMETIC:
                assert edit.path in generation.cosmetic
                assert edit.path not in found
            else:
                moved = next(one for one in generation.differences if one.path == edit.to)
                assert (moved.what, moved.old_path) == ("moved", edit.path)
                del found[edit.to]
        # What is left are the pages that link to a page that was added, has moved, or is linked no more.
        elsewhere = {edit.to or edit.path for edit in stage.edits}
        for difference in generation.differences:
            if difference.path in found:
                assert difference.what == "changed"
                assert difference.fields <= {Field.LINKS, Field.TEXT, Field.REDIRECT}
                led = difference.links_added | difference.links_gone
                assert led & elsewhere or Field.REDIRECT in difference.fields
                assert unlinked or led


@pytest.mark.parametrize("seed", range(6))
def test_only_the_tag_that_never_changes_hides_anything(seed):
    hidden = set()
    for generation, stage in zip(manifest(seed), script(seed), strict=True):
        hidden |= generation.unseen
        assert {stage.pages[path].serves for path in generation.unseen} <= {Serves.STUCK}
    assert hidden


def test_in_a_process_of_its_own_it_is_the_same_site():
    with ChangingProcess(seed=3) as site:
        for number in (2, 1):
            site.serve(number)
            with urllib.request.urlopen(site.url) as answer:
                assert answer.read() == script(3)[number - 1].pages["/"].body()
        log = site.taken_log()
        assert [(asked.method, asked.path, asked.status) for asked in log] == [("GET", "/", 200)] * 2
        assert site.taken_log() == []


def test_serving_for_ever_says_where_and_how_it_changes():
    said = []

    def kill_it(line: str) -> None:
        said.append(line)
        for child in multiprocessing.active_children():
            if child.name == "changing site's process" and len(said) == 4:
                child.kill()

    with pytest.raises(ChildFailed, match="ended by itself"):
        serve_changing_forever(0, kill_it)
    assert "stage 1 of 5" in said[0]
    assert f"{STAGE_PATH}" in said[2]
