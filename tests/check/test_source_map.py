"""From pages to the files of a repository, and to the region of a file in which a fault stands."""

from pathlib import Path

import pytest

from crawler.check.finding import Finding, Place
from crawler.check.source_map import Mapped, SourceMap
from crawler.check.source_map_asked import idle_words, mapped_of, refuse_useless, sources_of
from crawler.config import Config
from crawler.model.errors import UsageError

SITE = "https://docs.example.org"
HTML = """<!doctype html>
<p>é😀 <a class="x" href="old.html">gone</a>
<a
  href='guide/#part'>x</a> <img src=pic.png>
<style>p { background: url( "none.png" ) }</style> <a href="two
lines">y</a>
"""
MARKDOWN = """# Old things

About old ways of the older one: https://other.example/x?a=1, see [the guide](guide.md#part)
and [an older one](old.md),
or [the older one](old.md "title").

![](my%20pic.png) <my other.png>
"""


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    monkeypatch.chdir(root)
    return root


def write(name: str, text: str = "x") -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


def mapped(*texts: str, seed: str = f"{SITE}/") -> SourceMap:
    return sources_of(Config(seeds=[seed], check={"enabled": True, "source_map": texts}))


def of_folder(*texts: str, base: str = "/", folder: str = "public") -> Config:
    check = {"enabled": True, "folder": Path(folder).absolute(), "base_path": base, "source_map": texts}
    return Config(seeds=[f"http://127.0.0.1:4000{base}"], check=check)


def finding(target: str) -> Finding:
    return Finding(1, "broken-link", "error", target, "It answered 404.", {}, 1, 1)


def spot(sources: SourceMap, page: str, line: int | None, column: int | None, target: str, text: str = ""):
    return sources.at(Place(page, line, column, "a href", text), finding(target))


# Which file a page is


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("", "index.md"),
        ("index.html", "index.md"),
        ("guide/", "guide.md"),
        ("guide", "guide.md"),
        ("guide.html", "guide.md"),
        ("guide/index.html", "guide/index.md"),
        ("posts/", "posts/_index.md"),
        ("posts/first/", "posts/first/index.mdx"),
        ("api/", "api/README.md"),
        ("api/call.html?x=1#part", "api/call.rst"),
        ("release-1.2/", "release-1.2.md"),
        ("release-1.2", "release-1.2.md"),
        ("a%20b/%C3%A9/", "a b/é.adoc"),
        ("style.css", "style.css"),
        ("sitemap.xml", "sitemap.xml"),
        ("LICENSE", "LICENSE"),
    ],
)
def test_a_page_is_the_file_that_generators_make_it_from(path: str, file: str):
    write(f"content/{file}")
    assert mapped(f"{SITE}/=content").file_of(f"{SITE}/{path}") == f"content/{file}"


def test_html_as_it_is_comes_before_a_source_and_a_file_beside_before_the_folder():
    for name in ("a.html", "a.md", "a/index.html", "b.md", "b/index.md"):
        write(f"docs/{name}")
    found = mapped(f"{SITE}/=docs")
    assert found.file_of(f"{SITE}/a.html") == "docs/a.html"
    assert found.file_of(f"{SITE}/a") == "docs/a.html"
    assert found.file_of(f"{SITE}/a/") == "docs/a/index.html"
    assert found.file_of(f"{SITE}/b") == "docs/b.md"
    assert found.file_of(f"{SITE}/b/") == "docs/b/index.md"


def test_the_longest_prefix_wins_and_where_it_has_no_file_the_next_is_asked():
    for name in ("content/blog/a.md", "content/blog/b.md", "blog/a.md"):
        write(name)
    for maps in ([f"{SITE}/=content", f"{SITE}/blog/=blog"], [f"{SITE}/blog=blog", f"{SITE}=content"]):
        found = mapped(*maps)
        assert found.file_of(f"{SITE}/blog/a/") == "blog/a.md"
        assert found.file_of(f"{SITE}/blog/b/") == "content/blog/b.md"
        assert found.file_of(f"{SITE}/blogs/a/") == "blogs/a/index.html"


def test_a_prefix_ends_with_a_segment_and_counts_as_its_own_page():
    write("docs/index.md")
    write("docs/x.md")
    found = mapped(f"{SITE}/v1=docs")
    assert found.file_of(f"{SITE}/v1") == "docs/index.md"
    assert found.file_of(f"{SITE}/v1/") == "docs/index.md"
    assert found.file_of(f"{SITE}/v12/x") == "v12/x"


def test_the_working_directory_itself_may_be_named():
    write("index.md")
    assert mapped(f"{SITE}/=.").file_of(f"{SITE}/") == "index.md"
    assert mapped(f"{SITE}/={Path.cwd()}").file_of(f"{SITE}/") == "index.md"


@pytest.mark.parametrize(
    ("url", "file"),
    [
        (f"{SITE}", "index.html"),
        (f"{SITE}/", "index.html"),
        (f"{SITE}/a/b.html?page=2#x", "a/b.html"),
        (f"{SITE}/a/", "a/index.html"),
        (f"{SITE}//a//b", "a/b"),
        (f"{SITE}/a%20b", "a b"),
        (f"{SITE}/a%2F..%2F..%2Fb/%2e%2e/c%00", "a%2F..%2F..%2Fb/%2e%2e/c%00"),
        (f"{SITE}/..%5Cx", "..%5Cx"),
        ("https://blog.example.org:8443/a", "blog.example.org:8443/a"),
    ],
)
def test_an_unmapped_page_gets_a_relative_path_that_leads_nowhere_else(url: str, file: str):
    write("secret")
    assert mapped().file_of(url) == file
    assert not {"..", "", "."} & set(mapped(f"{SITE}/=.").file_of(url).split("/"))


def test_with_a_folder_the_pages_are_its_files():
    write("public/guide/index.html")
    found = sources_of(of_folder())
    assert found.file_of("guide/index.html") == "public/guide/index.html"
    assert found.file_of("guide/index.html?v=1") == "public/guide/index.html"
    assert found.file_of("/outside.html") == "public/outside.html"


def test_a_name_with_a_question_mark_or_a_hash_is_a_file_of_its_own():
    for name in ("a", "a#b.html", "a?b.html", "c.html", "#.html"):
        write(f"public/{name}", HTML)
    write("docs/a#b.md")
    sources = sources_of(of_folder())
    for name in ("a", "a#b.html", "a?b.html", "#.html"):
        assert sources.file_of(name) == f"public/{name}"
        assert spot(sources, name, 2, 19, "old.html").end_column == 34
    assert sources.file_of("a#b.html?x=1#part") == "public/a#b.html"
    assert sources.file_of("a?x=1") == "public/a"
    assert sources.file_of("c.html?x=1#?") == "public/c.html"
    assert sources_of(of_folder("/=docs")).file_of("a#b.html") == "docs/a#b.md"


def test_a_folder_that_is_elsewhere_is_left_out_of_the_names(tmp_path: Path):
    (tmp_path / "site").mkdir()
    assert sources_of(of_folder(folder="../site")).file_of("guide/index.html") == "guide/index.html"


@pytest.mark.parametrize("prefix", ["/", ".", "https://example.com/docs/", "https://example.com/docs"])
def test_a_folder_may_be_mapped_by_its_paths_or_by_the_url_it_will_have(prefix: str):
    write("public/guide/index.html")
    write("content/guide.md")
    write("content/100%41.md")
    found = sources_of(of_folder(f"{prefix}=content", base="/docs/"))
    assert found.file_of("guide/index.html") == "content/guide.md"
    assert found.file_of("100%41/index.html") == "content/100%41.md"
    assert found.file_of("tags/index.html") == "public/tags/index.html", "no source has made it"


def test_a_folder_that_lies_below_the_prefix_of_a_url_does_so_in_the_repository():
    write("public/index.html")
    write("content/docs/guide.md")
    found = sources_of(of_folder("https://example.com/=content", base="/docs/"))
    assert found.file_of("guide/index.html") == "content/docs/guide.md"


def test_a_part_of_a_folder_may_be_mapped():
    write("public/docs/guide/index.html")
    write("docs/guide.rst")
    found = sources_of(of_folder("docs/=docs"))
    assert found.file_of("docs/guide/index.html") == "docs/guide.rst"


# Which region of it


def served(html: str = HTML) -> SourceMap:
    write("public/index.html", html)
    return sources_of(of_folder())


@pytest.mark.parametrize(
    ("line", "column", "target", "region"),
    [
        (2, 20, "old.html", (2, 20, 2, 35)),
        (4, 3, "guide/index.html#part", (4, 3, 4, 21)),
        (4, 33, "pic.png", (4, 33, 4, 44)),
        (4, 28, "pic.png", (4, 28, 4, 45)),
        (5, 24, "none.png", (5, 24, 5, 41)),
        (5, 55, "twolines", (5, 55, 6, 7)),
    ],
)
def test_in_html_as_served_a_region_is_the_whole_attribute_tag_or_token(line, column, target, region):
    assert spot(served(), "index.html", line, column, target) == ("public/index.html", *region)


def test_a_line_that_html_has_not_is_looked_for_by_its_target_near_it():
    found = served("---\ntitle: x\n---\n<a href=old.html>a</a>\n\n\n<a href=old.html>b</a>\n<i>end</i>")
    assert spot(found, "index.html", 8, 20, "old.html") == ("public/index.html", 7, 9, 7, 17)
    assert spot(found, "index.html", 99, 1, "other.html") == ("public/index.html", 1, 1, 1, 2)


@pytest.mark.parametrize(
    ("target", "text", "line", "before", "named"),
    [
        ("https://other.example/x?a=1", "", 3, "one: ", "https://other.example/x?a=1"),
        (f"{SITE}/guide/#part", "", 3, "(guide.md", "#part"),
        (f"{SITE}/old.html", "", 4, "[an older one](", "old"),
        (f"{SITE}/old/", "the older one", 5, "[the older one](", "old"),
        (f"{SITE}/my%20pic.png", "", 7, "![](", "my%20pic.png"),
        (f"{SITE}/my%20other.png", "", 7, "<", "my other.png"),
        (f"{SITE}/nowhere/named.html", "", 1, "", "#"),
        ("http://[no-host/\\1{2}(", "", 1, "", "#"),
        (f"{SITE}/ways/", "", 1, "", "#"),
        (f"{SITE}/nowhere/named.html", "the older one", 5, "or [", "the older one"),
    ],
)
def test_in_a_source_it_is_where_the_target_is_named_whatever_line_the_page_has(
    target, text, line, before, named
):
    write("content/index.md", MARKDOWN)
    found = spot(mapped(f"{SITE}/=content"), f"{SITE}/", 200, 7, target, text)
    assert (found.line, found.end_line) == (line, line)
    words = MARKDOWN.splitlines()[line - 1]
    assert words[found.column - 1 : found.end_column - 1] == named
    assert words[: found.column - 1].endswith(before)


def test_a_page_as_a_whole_is_the_first_character_of_its_file():
    write("content/index.md", MARKDOWN)
    assert spot(mapped(f"{SITE}/=content"), f"{SITE}/", None, None, f"{SITE}/old.html")[1:] == (1, 1, 1, 2)


def test_where_no_file_is_known_the_place_stays_that_of_the_page():
    write("guide.html", HTML)
    assert spot(mapped(), f"{SITE}/guide.html", 2, 20, "x") == ("guide.html", 2, 20, 2, 21)
    assert spot(mapped(), f"{SITE}/guide.html", 2, None, "x") == ("guide.html", 2, 1, 2, 2)


def test_a_file_that_is_no_text_gives_no_error():
    write("public/index.html")
    Path("public/index.html").write_bytes(b"\xff\xfe\x00<a href=\xe9>")
    assert spot(sources_of(of_folder()), "index.html", 9, 9, "y")[1:] == (1, 1, 1, 2)


# What is refused, and what is said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{SITE}/=nowhere", "there is no folder nowhere"),
        (f"{SITE}/=file", "file is no folder"),
        (f"{SITE}/=..", ".. leads out of the working directory"),
        (f"{SITE}/=/", "/ leads out of the working directory"),
        (
            "https://example.com/=docs",
            f"nothing that is checked begins with https://example.com/; it is {SITE}",
        ),
        ("http://docs.example.org/=docs", "nothing that is checked begins with"),
        ("docs/=docs", "docs/ is no http:// or https:// URL"),
        ("mailto://a=docs", "mailto://a is no http:// or https:// URL"),
        (f"{SITE}/?a=docs", "a prefix has no query"),
    ],
)
def test_what_maps_nothing_of_a_site_is_refused(text: str, said: str):
    write("docs/a.md")
    write("file")
    with pytest.raises(UsageError) as refused:
        refuse_useless(Config(seeds=[f"{SITE}/"], check={"source_map": (text,)}))
    assert str(refused.value).startswith(f"--source-map {text}: {said}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("doc/=docs", "doc/ is no folder in public; / is public itself"),
        ("../=docs", "../ is no folder in public"),
        ("index.html=docs", "index.html is no folder in public"),
        ("https://example.com/blog/=docs", "public is served at /v1/, not below https://example.com/blog/"),
    ],
)
def test_what_maps_nothing_of_a_folder_is_refused(text: str, said: str):
    write("public/index.html")
    write("docs/a.md")
    with pytest.raises(UsageError) as refused:
        refuse_useless(of_folder(text, base="/v1/"))
    assert str(refused.value).startswith(f"--source-map {text}: {said}")


def test_two_folders_for_one_prefix_are_refused_however_it_is_spelled():
    write("a/x")
    write("b/x")
    texts = (f"{SITE}/docs=a", f"{SITE.upper()}:443/docs/=b")
    with pytest.raises(UsageError, match="two folders for one prefix"):
        refuse_useless(Config(seeds=[f"{SITE}/"], check={"source_map": texts}))


def test_a_link_to_elsewhere_is_a_folder_of_the_repository(tmp_path: Path):
    (tmp_path / "far").mkdir()
    Path("near").symlink_to(tmp_path / "far")
    config = Config(seeds=[f"{SITE}/"], check={"source_map": (f"{SITE}/=near",)})
    refuse_useless(config)
    assert mapped_of(f"{SITE}/=near", config) == Mapped(f"{SITE}/=near", f"{SITE}/", "near")


def test_what_an_earlier_check_was_given_is_left_out_where_it_is_not_here_any_more(tmp_path: Path):
    write("guide.md")
    found = mapped(f"{SITE}/=../repository/docs", f"{SITE}/=../elsewhere", f"{SITE}/=gone")
    assert found.file_of(f"{SITE}/guide/") == "guide/index.html"


def test_a_line_by_which_no_page_was_found_is_told_with_what_was_looked_for():
    write("content/guide.md")
    write("blog/other.md")
    texts = (f"{SITE}/=content", f"{SITE}/blog/=blog", f"{SITE}/empty/=blog")
    config = Config(seeds=[f"{SITE}/"], check={"enabled": True, "source_map": texts})
    pages = [f"{SITE}/", f"{SITE}/blog/a/", f"{SITE}/blog/b/", f"{SITE}/guide/"]
    blog, empty = map(idle_words, sources_of(config, pages).idle)
    assert blog == (
        f"--source-map {SITE}/blog/=blog: no page has a file in blog (2 pages looked for); {SITE}/blog/a/ may"
        " have been blog/a/index.html, blog/a/index.md, blog/a/_index.md, blog/a/README.md, blog/a.html,"
        " blog/a.md"
    )
    assert empty == f"--source-map {SITE}/empty/=blog: no page that was read begins with {SITE}/empty/"


def test_pages_are_looked_for_no_more_than_a_thousand_times():
    write("content/x")
    config = Config(seeds=[f"{SITE}/"], check={"enabled": True, "source_map": (f"{SITE}/=content",)})
    (idle,) = sources_of(config, (f"{SITE}/{number}" for number in range(5_000))).idle
    assert idle.pages == 1_000
