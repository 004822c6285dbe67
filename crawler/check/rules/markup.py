"""What is missing from a page's markup, or is there twice."""

from crawler.check.rule import Rule, by_sql
from crawler.model.facts import Odd
from crawler.model.outcomes import Purpose
from crawler.model.sources import Source

_LANG = f"""
SELECT '<html>', 'It has no lang attribute, so the language of the pages is not said.', '{{}}',
    id, NULL, NULL, NULL, ''
FROM answered
WHERE purpose = {Purpose.PAGE} AND is_html AND outcome IN ('ok', 'truncated')
    AND trim(coalesce(lang, '')) = ''
"""
_ALT = f"""
SELECT CASE WHEN detail = '' THEN '{Source.IMG.label}'
        WHEN length(detail) > 200 THEN substr(detail, 1, 200) || '…' ELSE detail END,
    'The image has no alt attribute.', '{{}}', page, line, col, NULL, ''
FROM marks WHERE what = '{Odd.NO_ALT}'
"""
_IDS = f"""
SELECT detail, 'More than one element of a page has the id "' || detail || '".', json_object('id', detail),
    page, line, col, NULL, ''
FROM marks WHERE what = '{Odd.DUPLICATE_ID}'
"""


RULES = (
    Rule(
        "missing-lang",
        "warning",
        "Missing language",
        "Pages whose `<html>` has no `lang` attribute, or an empty one. All of them are one finding: it "
        "is nearly always the template.",
        "A screen reader chooses its voice by it (WCAG 2, 3.1.1), browsers their translation, hyphenation "
        "and quotation marks. Without it, they guess.",
        'Write the language of the text into the template: `<html lang="en">`.',
        by_sql("missing-lang", _LANG),
    ),
    Rule(
        "missing-alt",
        "warning",
        "Image without alt text",
        "An `<img>`, or an `<input type=image>`, without an `alt` attribute. An empty one, which says "
        "that the image is an ornament, is well; so are images that are hidden from screen readers.",
        "Whoever does not see the image hears its file name (WCAG 2, 1.1.1); where it does not load, "
        "nothing stands in its place.",
        'Say in `alt` what the image says. If it says nothing that the text does not, write `alt=""`.',
        by_sql("missing-alt", _ALT),
    ),
    Rule(
        "duplicate-id",
        "warning",
        "Duplicate id",
        "An id that several elements of one page have. The places are those of the second and further ones.",
        "A link to it leads to the first one only; so do labels, scripts and whatever else points by an id.",
        "Give each element an id of its own, or a class if they are to look alike.",
        by_sql("duplicate-id", _IDS),
    ),
)
