"""The user's extract function: found by name, refused with reasons, given a page, its result kept."""

import functools
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crawler.model.errors import ExtractError
from crawler.parse.extract import check_callable, describe, load, run
from crawler.parse.extract_page import ExtractPage, Headers
from crawler.parse.html import parse_html

HTML = b"<title>T</title><body><h1 class=x>Head</h1><a href=a>A</a><script>var s</script>"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module of the user's in the current directory, which is not on sys.path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    before = set(sys.modules)
    path = tmp_path / "shop_for_tests.py"
    path.write_text(
        "def prices(page): return {'title': page.title}\n"
        "class Nested:\n    @staticmethod\n    def inner(page): return None\n"
        "anonymous = lambda page: None\n"
        "def _make():\n    def made(page): return None\n    return made\n"
        "made = _make()\n"
        "number = 3\n"
        "async def slow(page): return None\n"
    )
    yield path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def page(body: bytes = HTML, content_type: str = "text/html") -> ExtractPage:
    url = "http://site.test/"
    headers = (("content-type", content_type), ("x", "1"), ("x", "2"))
    return ExtractPage(url, 200, headers, body, parse_html(body, content_type, url, keep_tree=True))


def test_a_function_in_the_current_directory_is_found(shop: Path) -> None:
    assert load("shop_for_tests:prices")(page()) == {"title": "T"}


def test_a_function_in_a_class_is_found(shop: Path) -> None:
    assert load("shop_for_tests:Nested.inner")(page()) is None


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("shop_for_tests", "allowed is MODULE:FUNCTION"),
        ("shop_for_tests:", "allowed is MODULE:FUNCTION"),
        (":prices", "allowed is MODULE:FUNCTION"),
        ("shop_for_tests.py:prices", "shop_for_tests:prices"),
        ("dir/shop_for_tests.py:prices", "shop_for_tests:prices"),
        ("no_such_module:prices", "there is no module no_such_module"),
        ("shop_for_tests.sub:prices", "there is no module shop_for_tests.sub"),
        ("shop_for_tests:price", "has no price, did you mean prices"),
        ("shop_for_tests:Nested.outer", "has no Nested.outer"),
        ("shop_for_tests:number", "of type int and cannot be called"),
        ("shop_for_tests:anonymous", "no lambda"),
        ("shop_for_tests:made", "no nested function"),
        ("shop_for_tests:slow", "async"),
    ],
)
def test_what_cannot_be_loaded_is_refused_in_one_sentence(shop: Path, spec: str, says: str) -> None:
    with pytest.raises(ExtractError) as refusal:
        load(spec)
    assert says in str(refusal.value)
    assert repr(spec) in str(refusal.value)
    assert "allowed" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("1/0", "ZeroDivisionError: division by zero"),
        ("import no_such_thing", "ModuleNotFoundError: No module named 'no_such_thing'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("def (", "SyntaxError"),
    ],
)
def test_a_module_that_does_not_import_is_refused(shop: Path, source: str, says: str) -> None:
    shop.with_name("broken_for_tests.py").write_text(source)
    with pytest.raises(ExtractError, match="importing broken_for_tests failed") as refusal:
        load("broken_for_tests:f")
    assert says in str(refusal.value)


def named(page: ExtractPage) -> dict[str, Any] | None:
    return None


class Named:
    def __call__(self, page: ExtractPage) -> None: ...


def test_what_another_process_can_import_is_accepted() -> None:
    # Would catch a check that is too strict (it raises), or too lax (the child could not load it).
    for function in (named, functools.partial(named), Named()):
        check_callable(function)
        pickle.loads(pickle.dumps(function))


def test_what_another_process_cannot_import_is_refused_with_its_line() -> None:
    def nested(page: ExtractPage) -> None: ...

    nameless = lambda page: None  # noqa: E731

    async def waiting(page: ExtractPage) -> None: ...

    for function in (nested, nameless):
        with pytest.raises(ExtractError) as refused:
            check_callable(function)
        assert f"({__file__}:{function.__code__.co_firstlineno})" in str(refused.value)
    with pytest.raises(ExtractError, match=rf":{waiting.__code__.co_firstlineno}\) is async"):
        check_callable(waiting)
    with pytest.raises(ExtractError):
        check_callable((n for n in ()).__next__)


def test_a_function_typed_into_an_interpreter_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def typed(page: ExtractPage) -> None: ...

    typed.__module__ = "__main__"
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
    with pytest.raises(ExtractError, match="typed in"):
        check_callable(typed)


def test_within_this_process_any_function_will_do_but_no_coroutine(monkeypatch: pytest.MonkeyPatch) -> None:
    def typed(page: ExtractPage) -> None: ...

    async def waiting(page: ExtractPage) -> None: ...

    typed.__module__ = "__main__"
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
    for function in (typed, lambda page: None, (n for n in ()).__next__):
        check_callable(function, travels=False)
    for function, says in ((waiting, "is async"), ("typed", "cannot be called")):
        with pytest.raises(ExtractError, match=says):
            check_callable(function, travels=False)


def test_loading_leaves_the_path_as_it_was(shop: Path) -> None:
    before = list(sys.path)
    load("shop_for_tests:prices")
    with pytest.raises(ExtractError):
        load("shop_for_tests:nothing")
    assert sys.path == before


def test_the_page() -> None:
    given = page()
    assert (given.url, given.status, given.body, given.title) == ("http://site.test/", 200, HTML, "T")
    assert given.text == "Head A"
    assert given.links == ["http://site.test/a"]
    assert [element.text for element in given.css("h1.x, script")] == ["Head", "var s"]
    assert given.css("nothing") == []
    with pytest.raises(ValueError, match="selector"):
        given.css("a[")


def test_a_page_that_is_no_html_has_no_elements() -> None:
    given = page(b'{"a": 1}', "application/json")
    assert given.css("*") == []
    assert given.text == '{"a": 1}'


def test_headers_whatever_their_case() -> None:
    headers = Headers((("content-type", "text/html"), ("set-cookie", "a"), ("set-cookie", "b")))
    assert headers["Content-Type"] == "text/html"
    assert headers["SET-COOKIE"] == "a, b"
    assert headers.get_all("Set-Cookie") == ["a", "b"]
    assert "Content-TYPE" in headers
    assert "x" not in headers
    assert 3 not in headers
    assert headers.get("X", "none") == "none"
    assert dict(headers) == {"content-type": "text/html", "set-cookie": "a, b"}
    assert len(headers) == 2
    with pytest.raises(KeyError):
        headers["x"]


def two(page: ExtractPage) -> Iterator[dict[str, Any]]:
    yield {"n": 1}
    yield {"n": 2}


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (None, None),
        ({"a": [1, "é", None]}, {"a": [1, "é", None]}),
        ({}, {}),
        ([{"a": 1}], [{"a": 1}]),
        (({"n": n} for n in range(2)), [{"n": 0}, {"n": 1}]),
        ((), []),
    ],
)
def test_results_are_kept(result: object, expected: object) -> None:
    raw, error = run(lambda page: result, page())
    assert error is None
    assert (None if raw is None else msgspec.json.decode(raw)) == expected


def test_a_generator_function_gives_a_list() -> None:
    raw, error = run(two, page())
    assert raw is not None
    assert (bytes(raw), error) == (b'[{"n":1},{"n":2}]', None)


CIRCLE: dict[str, Any] = {}
CIRCLE["self"] = CIRCLE


@pytest.mark.parametrize(
    ("result", "says"),
    [
        ("text", "TypeError: returned str; allowed are a dict"),
        (b"bytes", "TypeError: returned bytes"),
        (7, "TypeError: returned int"),
        ([{"a": 1}, "b"], "TypeError: gave str among its items"),
        ({"a": object()}, "TypeError: Encoding objects of type object is unsupported"),
        ({"a": "\ud800"}, "UnicodeEncodeError"),
        (CIRCLE, "RecursionError"),
    ],
)
def test_what_cannot_be_kept_becomes_a_message(result: object, says: str) -> None:
    raw, error = run(lambda page: result, page())
    assert raw is None
    assert error is not None
    assert describe(error).startswith(says)


def test_exceptions_become_a_message_even_late_ones() -> None:
    def late(page: ExtractPage) -> Iterator[dict[str, Any]]:
        yield {"n": 1}
        raise ValueError("two\nlines")

    def deep(page: ExtractPage) -> Any:
        return deep(page)

    def leaves(page: ExtractPage) -> Any:
        sys.exit(4)

    for function, says in (
        (late, "ValueError: two lines"),
        (leaves, "SystemExit: 4"),
        (deep, "RecursionError"),
    ):
        raw, error = run(function, page())
        assert raw is None
        assert error is not None
        assert describe(error).startswith(says)


def test_memory_errors_are_raised_on() -> None:
    def hungry(page: ExtractPage) -> Any:
        raise MemoryError

    with pytest.raises(MemoryError):
        run(hungry, page())


def test_any_error_can_be_described() -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert describe(Odd()) == "Odd"
    assert describe(KeyError()) == "KeyError"
    assert describe(ValueError("\ud800")) == "ValueError: ?"
    assert len(describe(ValueError("x" * 10_000))) == 500
