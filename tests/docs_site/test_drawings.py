"""Every drawing and picture of the site, as a screen and a telephone show it: whole, and readable."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from docs import DOCS, ROOT
from docs.drawing.kept import DRAWINGS
from tests.browser import NARROW, WIDE

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LEAST = 10
"""Pixels of the smallest letters, as shown."""
PAGES = {
    "index.html" if page.name == "README.md" else page.relative_to(DOCS).with_suffix(".html").as_posix()
    for page in (ROOT / "README.md", *DOCS.rglob("*.md"))
    if "<picture>" in page.read_text(encoding="utf-8")
}
PICTURES = """() => {
    const column = document.querySelector("article").getBoundingClientRect();
    return {
        page: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        column: [column.left, column.right],
        shown: [...document.querySelectorAll("article picture img")].map((image) => {
            const {left, right, width} = image.getBoundingClientRect();
            return {source: image.currentSrc, natural: image.naturalWidth, left, right, width};
        }),
    };
}"""
OUTSIDE = """() => {
    const whole = document.documentElement.getBoundingClientRect();
    const all = (kind) => [...document.querySelectorAll(kind)];
    const boxes = all("rect").map((box) => box.getBoundingClientRect());
    const texts = all("text").map((text) => [text.textContent, text.getBoundingClientRect()]);
    const wrong = [];
    for (const [said, at] of texts) {
        const around = boxes.filter((box) => box.left <= at.left + 1 && box.right > at.left
            && box.top <= at.top + 2 && box.bottom >= at.bottom - 2);
        const least = Math.min(whole.right, ...around.map((box) => box.right));
        if (at.right > least + 1 || at.left < whole.left || at.bottom > whole.bottom) wrong.push(said);
    }
    texts.forEach(([said, at], i) => texts.slice(i + 1).forEach(([other, its]) => {
        const wide = Math.min(at.right, its.right) - Math.max(at.left, its.left);
        const high = Math.min(at.bottom, its.bottom) - Math.max(at.top, its.top);
        if (wide > 1 && high > 4) wrong.push(`${said} / ${other}`);
    }));
    return wrong;
}"""


def letters(svg: Path) -> tuple[float, float]:
    """The smallest size of letters in a drawing, in its own unit, and how wide it is in that."""
    text = svg.read_text(encoding="utf-8")
    sizes = re.findall(r"font(?:-size)?:\s*(?:\w+ )*?([\d.]+)px", text)
    wide = re.search(r'viewBox="0 0 ([\d.]+)', text)
    assert wide is not None
    assert sizes, svg.name
    return min(map(float, sizes)), float(wide[1])


def looked_at(browser: "Browser", file: Path, viewport: dict[str, int]) -> dict[str, Any]:
    context = browser.new_context(viewport=viewport)
    page = context.new_page()
    page.goto(file.as_uri())
    page.evaluate("Promise.all([...document.images].map((image) => image.decode().catch(() => 0)))")
    found: dict[str, Any] = page.evaluate(PICTURES)
    context.close()
    return found


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["screen", "telephone"])
@pytest.mark.parametrize("page", sorted(PAGES))
def test_pictures_are_whole_and_their_letters_can_be_read(
    browser: "Browser", site: Path, page: str, viewport: dict[str, int]
):
    found = looked_at(browser, site / page, viewport)
    assert found["page"] <= 0, "the page scrolls sideways"
    assert found["shown"], "no picture is shown"
    left, right = found["column"]
    for image in found["shown"]:
        file = Path(image["source"].removeprefix("file://"))
        assert image["natural"] > 0, f"{file.name} is not there"
        assert file.stem.endswith("narrow") == (viewport == NARROW), file.name
        assert left - 1 <= image["left"], f"{file.name} is cut off"
        assert image["right"] <= right + 1, f"{file.name} is cut off"
        if file.suffix == ".svg":
            size, wide = letters(file)
            assert size * image["width"] / wide >= LEAST, file.name
        else:  # of a window so wide, whose smallest letters have 12 pixels
            window = 390 if ".narrow." in file.name else 760
            assert 12 * image["width"] / window >= LEAST, file.name


@pytest.mark.parametrize("drawing", sorted(path.name for path in DRAWINGS.glob("*.svg")))
def test_no_words_of_a_drawing_stand_out_of_their_box_or_over_others(browser: "Browser", drawing: str):
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    page.goto((DRAWINGS / drawing).as_uri())
    assert page.evaluate(OUTSIDE) == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_told_from_what_is_behind_them(browser: "Browser", scheme: str):
    """Each colour that a box is filled with, against each of the letters in it: 4.5 to 1."""
    context = browser.new_context(viewport=WIDE, color_scheme=scheme)
    page = context.new_page()
    page.goto((DRAWINGS / "street.svg").as_uri())
    fills = page.evaluate(
        """() => ["rect", "text"].map((kind) => {
            const all = [...document.querySelectorAll(kind)].map((each) => getComputedStyle(each).fill);
            return [...new Set(all)].filter((fill) => fill.startsWith("rgb"));
        })"""
    )
    context.close()
    behind, written = ([luminance(fill) for fill in each] for each in fills)
    assert len(behind) > 4
    ratios = [(max(a, b) + 0.05) / (min(a, b) + 0.05) for a in behind for b in written]
    assert min(ratios) >= 4.5


def luminance(colour: str) -> float:
    """That of an ``rgb(…)``, as WCAG has it."""
    parts = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
