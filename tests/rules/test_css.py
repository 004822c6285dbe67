import time
from collections.abc import Iterator

import pytest
import tinycss2
from hypothesis import given
from hypothesis import strategies as st

from crawler.rules.css import CssReference, declaration_references, references
from crawler.rules.places import Lines

NO_NAMES = [
    "xurl(a)",
    "\0url(a)",
    "-url(a)",
    "--url(a)",
    "url2(a)",
    "url (a)",
    "1url(a)",
    "éurl(a)",
    "#url(a)",
    "@url(a)",
]
NO_NAMES += [r"\66 url(a)", r"\66\75rl(a)", r"x\75rl(a)", r"\-url(a)", r"\<!--url(a)", "src(a)", 'src("a")']


def values(css: str) -> list[str]:
    return [reference.value for reference in references(css)]


def imports(css: str) -> list[str]:
    return [reference.value for reference in references(css) if reference.is_import]


@pytest.mark.parametrize(
    ("url", "value"),
    [
        ("url(a.png)", "a.png"),
        ("URL(a.png)", "a.png"),
        ("url(\t\r\n a.png\f)", "a.png"),
        ('url("a b.png")', "a b.png"),
        ("url( 'a\"b)' )", 'a"b)'),
        ('url("a"/* ) */ )', "a"),
        ('url("a" crossorigin(anonymous))', "a"),
        (r"url(a\)b\ c)", "a)b c"),
        (r"url(\61 b\000063 d\65\r\n)", "abcdern"),
        ("url(\\61\r\n\\62\t\\63\fd)", "abcd"),
        (r"url('\27 \0 \d800 \110000 ')", "'\ufffd\ufffd\ufffd"),
        ("url('\\61\n\\62\r\n\\63\fd')", "abcd"),
        ("url('a\\\nb\\\r\nc\\\fd')", "abcd"),
        (r"u\72l(a)", "a"),
        (r"\75 \52 \00006C(a)", "a"),
        (r"\u\R\l('a')", "a"),
        ("url(/*a*/b)", "/*a*/b"),
        ("url(a\0b)", "a\ufffdb"),
        ("url(é😀)", "é😀"),
        ("url()", ""),
        ("url('')", ""),
        ("url(#a)", "#a"),
        ("url(data:image/svg+xml,%3Csvg/%3E)", "data:image/svg+xml,%3Csvg/%3E"),
    ],
)
def test_a_url_in_each_of_its_forms(url, value):
    for before in (" ", ":", ",", "(", "+", "*/", "1%", "1.", "-->", "<!--", "}", "'", '"b"', "\\\n"):
        css = f"/**/a{{b:{before}{url}}}".replace("b:'", "b:''")
        assert references(css) == [CssReference(css.index(url), value, is_import=False)]


@pytest.mark.parametrize("url", ["url(a", "url(a ", "url('a", "url('a' ", "url('a'/*", "url(  a"])
def test_the_end_of_the_sheet_ends_a_url_too(url):
    assert references(f"a{{b:{url}") == [CssReference(4, "a", is_import=False)]


def test_a_backslash_at_the_end_of_the_sheet():
    assert values("a{b:url(a\\") == ["a\ufffd"]
    assert values("a{b:url('a\\") == ["a"]


@pytest.mark.parametrize(
    "bad",
    [
        "a b",
        "a(b",
        "a'b",
        'a"b',
        "a\\\nb",
        "a\x01",
        "a\x7f",
        "'a' 'b'",
        "'a' 1",
        "'a' -->",
        "'a\n'",
        "'a', b",
        "a /**/",
    ],
)
def test_a_bad_url_is_none_and_ends_at_its_parenthesis(bad):
    assert values(f"a{{b:url({bad}),url(c)}}" if "'a\n" not in bad else f"a{{b:url({bad}\n),url(c)}}") == [
        "c"
    ]


def test_what_a_bad_url_holds_is_none():
    assert values(r"a{b:url(x url(y\) url(z) url(c)}") == ["c"]


@pytest.mark.parametrize("text", NO_NAMES)
def test_what_only_ends_like_a_url_is_none(text):
    assert values(f"a{{b:{text};c:url(d)}}") == ["d"]


@pytest.mark.parametrize(
    "text", ["/* url(a) */", '"url(a)"', "'url(a)'", r"'\'url(a)'", "/*'*/", "/*/url(a)*/", '"a\n']
)
def test_comments_and_strings_hold_none(text):
    assert values(f"{text} a{{b:url(c)}}") == ["c"]


@pytest.mark.parametrize(
    "prelude",
    [
        "@namespace url(a);",
        "@namespace svg 'a';",
        "@supports (b:url(a)) {",
        "@document url(a), url-prefix('b') {",
        "@media (x;url(a)) and [{url(b)}] '{' url(';{') {",
        r"@media \{ /*{*/ url({;) {",
        "@page :first {",
        r"@\6eamespace url(a);",
        "@import url(x) {",
    ],
)
def test_what_stands_in_front_of_an_at_rules_block_is_none(prelude):
    assert values(f"{prelude} a {{ b: url(c) }}") == ["c"]
    assert values(f"x{{ {prelude} a {{ b: url(c) }}") == ["c"]


def test_an_at_rule_ends_with_the_block_that_it_stands_in():
    assert values("a{@apply b}c{d:url(e)} f{@g}@h url(i);j{k:url(l)} m{n{@o}p:url(q)}") == ["e", "l", "q"]


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ('@import "a.css";', "a.css"),
        ("@import 'a.css' screen and (min-width: 1px);", "a.css"),
        ("@import url(a.css);", "a.css"),
        ('@import url("a.css") layer(b) supports(c: url(d)) print;', "a.css"),
        ('@import/**/"a.css"', "a.css"),
        ("@IMPORT'a.css'screen;", "a.css"),
        (r"@\69mpor\74 'a.css';", "a.css"),
        (r"@import '\61 .css';", "a.css"),
        ("@import u\\72l(a.css);", "a.css"),
        ("@import 'a.css", "a.css"),
        ("@import ''", ""),
    ],
)
def test_an_import_in_each_of_its_forms(rule, value):
    written = next(text for text in ("'", '"', "u") if text in rule[3:].lower())
    offset = min(rule.find(text, 3) % 1000 for text in ("'", '"', "u\\72", "url("))
    assert written
    for before in (
        "",
        "\n",
        "/* @import 'x'; */",
        "<!-- -->",
        "@charset 'utf-8';",
        "@layer b, c;",
        "@import;",
    ):
        assert references(before + rule) == [CssReference(len(before) + offset, value, is_import=True)]


@pytest.mark.parametrize(
    "before",
    ["a{}", "@media print{}", "@namespace 'x';", "@layer b{}", "@font-face{}", "}", "a", "@import 'x'{}"],
)
def test_an_import_behind_another_rule_is_ignored(before):
    assert values(f"{before} @import 'a'; @import url(b); c{{d:url(e)}}") == ["e"]


def test_layers_may_be_named_before_the_imports_but_not_between_them():
    assert imports("@layer a; @charset 'b'; @import 'c'; @import 'd'; @layer e; @import 'f';") == ["c", "d"]


@pytest.mark.parametrize(
    "wrong", ["@import a;", "@import 'a\n;", "@import url(a b);", "@import;", "@importx 'a';"]
)
def test_an_import_of_nothing_is_none(wrong):
    assert values(wrong) == []


def test_declarations_have_no_imports():
    css = "background:url(a) , url('b'); @import 'c'; @import url(d); e:url(f)"
    assert declaration_references(css) == [
        CssReference(11, "a", is_import=False),
        CssReference(20, "b", is_import=False),
        CssReference(css.index("url(f"), "f", is_import=False),
    ]
    assert declaration_references("color: red") == references("a { color: red }") == []


def judged(nodes: list[tinycss2.ast.Node], lines: Lines) -> Iterator[CssReference]:
    """The urls that tinycss2's tokenizer sees, outside of preludes."""
    in_prelude = False
    for node in nodes:
        if node.type == "at-keyword":
            in_prelude = True
        elif in_prelude:
            if node.type == "{} block":
                in_prelude = False
                yield from judged(node.content, lines)
            in_prelude &= node != ";"
        elif node.type == "url":
            yield CssReference(
                lines.offset(node.source_line, node.source_column), node.value, is_import=False
            )
        elif node.type == "function":
            told = [part for part in node.arguments if part.type not in ("whitespace", "comment")]
            told = [part for part in told if part.type != "error" or not part.kind.startswith("eof-")]
            if node.lower_name == "url" and told and told[0].type == "string":
                offset = lines.offset(node.source_line, node.source_column)
                if (
                    len(told) == 1
                    or told[1].type == "ident"
                    or getattr(told[1], "lower_name", "url") != "url"
                ):
                    yield CssReference(offset, told[0].value, is_import=False)
            yield from judged(node.arguments, lines)
        elif node.type.endswith("block"):
            yield from judged(node.content, lines)


def judge(css: str) -> list[CssReference]:
    css = css.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    return list(judged(tinycss2.parse_component_value_list(css), Lines(css)))


PIECES = [
    "url(",
    "URL(",
    "url('",
    r"u\72 l(",
    r"\75rl(",
    "a",
    "e",
    "1",
    "-",
    "--",
    "_",
    ".",
    "#",
    "%",
    "+",
    "é",
    "\0",
]
PIECES += [
    '"',
    "'",
    "\\",
    "\n",
    "\t",
    " ",
    "/*",
    "*/",
    "/",
    "*",
    "<!--",
    "-->",
    "<",
    ">",
    ",",
    ":",
    "\\66",
    "\\6c ",
]
PIECES += ["(", ")", "{", "}", "[", "]", ";", "😀", "u", "U", "\x01", "\x7f", ")", ")", "url(a)", "url('a')"]


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_any_text_without_at_rules_is_read_as_another_tokenizer_reads_it(css):
    assert references(css) == judge(css)


BLOCK = st.deferred(
    lambda: st.lists(VALUE | AT_RULE, max_size=4).map(lambda inner: "{" + "".join(inner) + "}")
)
SOUND = [
    "url(a)",
    "url( 'b' )",
    "url(a b)",
    r"u\72l(c)",
    "'d;{'",
    "/*;}*/",
    "e",
    " ",
    ",",
    r"\{",
    "1",
    "#",
    ":",
    "<!--",
]
SOUND += ["(f)", "[;]", "g(;)", "({;})", "-->", "-", "u", "url({;)", "(url(h))", "(url(';'))"]
VALUE = st.sampled_from([*SOUND, ";"])
PRELUDE = st.lists(st.sampled_from(SOUND), max_size=4).map("".join)
AT_RULE = st.builds("@x {}{}".format, PRELUDE, BLOCK | st.just(";"))


@given(st.lists(st.one_of(VALUE, AT_RULE, BLOCK), max_size=8).map("".join))
def test_at_rules_end_where_another_tokenizer_sees_their_end(css):
    assert references(css) == judge(css)


@given(st.lists(st.sampled_from([*PIECES, "\r", "\r\n", "\f"]), max_size=25).map("".join))
def test_line_ends_of_all_kinds_mean_the_same(css):
    values = [reference.value for reference in references(css)]
    assert values == [reference.value for reference in judge(css)]


@pytest.mark.parametrize(
    "unit", ["url(", "url('", "url('a", "/*", "@", "@a(", "@a{", "u", "u\\", "\\75 ", "<!--", "'\\"]
)
def test_a_hostile_sheet_takes_no_longer_than_it_is(unit):
    begun = time.process_time()
    references("url(x)@import 'x';" + unit * (200_000 // len(unit)))
    assert time.process_time() - begun < 3
