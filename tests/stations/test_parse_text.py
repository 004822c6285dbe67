"""What counts as visible text."""

import pytest
import turbohtml
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.parse.html import parse_html
from crawler.parse.visible_text import LARGE, take_visible_text


def text(html: str) -> str:
    return parse_html(html.encode(), "text/html; charset=utf-8", "http://site.test/").text


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("un<b>us<i>ual</i></b> <a href=x>word</a>s", "unusual words"),
        ("<p>a</p><p>b</p>c", "a b c"),
        ("<ul><li>a<li>b</ul><ol><li>c</ol>d", "a b c d"),
        ("<table><caption>c</caption><tr><th>h<td>1<tr><td>2</table>", "c h 1 2"),
        ("<h1>h</h1>t<br>u<hr>v", "h t u v"),
        ("<div>a<div>b</div>c</div>", "a b c"),
        ("a<img alt=x>b<wbr>c<!-- d -->e", "abce"),
        (" a \n\t b&nbsp;\u3000c ", "a b c"),
        ("<pre>x\n   y</pre>", "x y"),
        ("<select><option>a<option>b</select><textarea>c</textarea><button>d</button>", "a b c d"),
        ("<dl><dt>t<dd>d</dl>", "t d"),
        ("<noscript><p>without</p></noscript>with", "without with"),
        ("<x-card>a</x-card><x-card>b</x-card>", "a b"),
        ("&lt;tag&gt; &amp;", "<tag> &"),
        ("<body>a</body></html> after", "a after"),
    ],
)
def test_shown(html: str, expected: str) -> None:
    assert text(html) == expected


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>x</script>",
        "<script type=application/json>{}</script>",
        "<style>x</style>",
        "<template>x<p>y</p></template>",
        "<p hidden>x<b>y</b></p>",
        "<iframe>x</iframe>",
        "<noembed>x</noembed>",
        "<noframes>x</noframes>",
        "<datalist><option>x</datalist>",
        "<video>x<a href=y>z</a></video>",
        "<canvas>x</canvas>",
        "<svg><title>x</title><desc>x</desc><style>x</style></svg>",
        "<!-- x -->",
        "<rp>x</rp>",
    ],
)
def test_not_shown(hidden: str) -> None:
    assert text(f"<title>t</title><p>before{hidden}after").replace(" ", "") == "beforeafter"


def test_a_title_is_no_visible_text() -> None:
    assert text("<html><head><title>t</title></head><body>b") == "b"


def test_a_hidden_body_shows_nothing() -> None:
    assert text("<body hidden>x") == ""
    assert text("<html hidden>x") == ""
    assert text("<p hidden=until-found>x") == "x"


def test_a_declarative_shadow_root_is_shown() -> None:
    assert text("<div><template shadowrootmode=open><p>in</p></template></div>") == "in"


WORDS = st.sampled_from(
    ["a", "bc", " ", "\n", "\xa0", "\u3000d", "<p>", "<b>e</b>", "<br>", "<!-- f -->", "é" * 70_000]
)


@given(st.lists(WORDS, max_size=12))
@settings(max_examples=200, deadline=None)
def test_the_text_of_a_large_page_is_put_together_as_that_of_any_other(parts: list[str]) -> None:
    large, usual, with_spaces = (turbohtml.parse("<p>" + "".join(parts)) for _ in range(3))
    found = take_visible_text(usual, b"")
    assert take_visible_text(large, bytes(LARGE)) == found
    assert take_visible_text(with_spaces, b"<p>&nbsp;") == found


@pytest.mark.parametrize(
    "space", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\xa0", "\u2003", "\u3000"]
)
@pytest.mark.parametrize("word", ["a", "é", "—"])
def test_every_kind_of_white_space_is_a_space(space: str, word: str) -> None:
    tree = turbohtml.parse(f"<p>a{space}{space} {word}")
    assert take_visible_text(tree, b"") == f"a {word}"
