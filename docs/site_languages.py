"""The two languages of the site: a page ``x.md`` in English may have a twin ``x.zh.md`` in Chinese.

The theme knows one language for a whole site. So each page says in its front matter which is its own,
and where its twin is, for the templates in ``docs/theme``; what these cannot change is changed in the
pages that are built.
"""

import posixpath
import re
from collections.abc import Collection

HEADING = re.compile(r'<h[1-4] id="([^"]+)"')
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")
NEIGHBOUR = re.compile(
    r'<link rel="(?:prev|next)" href="(?P<linked>[^"]+)">'
    r'|<a href="(?P<shown>[^"]+)" class="md-footer__link .*?</a>',
    re.DOTALL,
)
"""What leads to the page before or after, in the head and below the text."""
NAMES = {"en": "English", "zh": "中文"}
WORDS = {
    "Switch to dark mode": "切换到深色",
    "Switch to light mode": "切换到浅色",
    'title="Permanent link"': 'title="本节的链接"',
}
"""What the theme takes from the settings of the whole site, in Chinese."""


def language_of(page: str) -> str:
    """The language of a page, by its name."""
    return "zh" if page.endswith((".zh.md", ".zh.html")) else "en"


def twin_of(page: str) -> str:
    """The name that this page has in the other language."""
    stem, suffix = posixpath.splitext(page)
    return stem.removesuffix(".zh") + suffix if stem.endswith(".zh") else f"{stem}.zh{suffix}"


def link_to_twin(page: str) -> str:
    """The line below the title of a page that has a twin, for whoever reads it in the repository."""
    twin = twin_of(page)
    return f"[{NAMES[language_of(twin)]}]({posixpath.basename(twin)})\n"


def with_language(text: str, page: str, pages: Collection[str]) -> str:
    """The Markdown of ``page`` with a front matter that says what the templates ask.

    The header of the site has the link to the twin, so there is none below the title.
    """
    front = ["---", f"language: {language_of(page)}"]
    if twin_of(page) in pages:
        front += [f"twin: {posixpath.basename(twin_of(page)).removesuffix('.md')}.html"]
        text = text.replace("\n" + link_to_twin(page), "", 1)
    return "\n".join([*front, "---", "", text])


def in_its_language(text: str, page: str, twin: str | None) -> str:
    """The built page ``page`` with what the theme has only one language for; ``twin`` is the built twin."""
    text = without_foreign_neighbours(text, page)
    if twin is not None:
        text = with_sections(text, twin)
    if language_of(page) == "en":
        return with_marked_chinese(text)
    for english, chinese in WORDS.items():
        text = text.replace(english, chinese)
    return text


def without_foreign_neighbours(text: str, page: str) -> str:
    """A built page that has no page before or after it in the other language."""

    def kept(match: re.Match[str]) -> str:
        target = match["linked"] or match["shown"]
        return match[0] if language_of(target) == language_of(page) else ""

    return NEIGHBOUR.sub(kept, text) if "md-footer__link" in text else text


def with_sections(text: str, twin: str) -> str:
    """A built page whose link to its twin knows the sections there, if both have the same number of them."""
    here, there = HEADING.findall(text), HEADING.findall(twin)
    if len(here) != len(there):
        return text
    return text.replace(
        'class="language-switch"', f'class="language-switch" data-sections="{" ".join(there)}"', 1
    )


def with_marked_chinese(text: str) -> str:
    """A built page in English in which what is Chinese says so, for fonts and for whoever reads it out."""

    def marked(match: re.Match[str]) -> str:
        within_markup = text.rfind("<", 0, match.start()) > text.rfind(">", 0, match.start())
        return match[0] if within_markup else f'<span lang="zh">{match[0]}</span>'

    head, text = text[: text.index("</head>")], text[text.index("</head>") :]
    return head + CHINESE.sub(marked, text)
