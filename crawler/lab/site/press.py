"""The fixture site's printing press: the data files, the templates, and the pages printed so far."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources.abc import Traversable
from string import Template
from typing import Any

from crawler.lab.site.answers import HTML, Answer, compressor, encoded

Data = dict[str, Any]


class Press:
    """Prints pages in the shop's frame from the folder ``fixtures/site``."""

    def __init__(self, folder: Traversable) -> None:
        self._folder = folder
        self._templates = {
            file.name.removesuffix(".html"): Template(file.read_text("utf-8"))
            for file in (folder / "templates").iterdir()
        }
        self.answers: dict[str, Answer] = {}
        self.frame: dict[str, str] = {}
        """HTML that is the same on every page: what ``layout.html`` asks for beside a page's own."""

    def data(self, name: str) -> Data:
        """The file ``name``, read."""
        return tomllib.loads((self._folder / name).read_text("utf-8"))

    def fill(self, template: str, texts: Mapping[str, object], **html: str) -> str:
        """The template with ``texts`` escaped and ``html`` as it stands."""
        escaped = {key: escape(str(text).strip()) for key, text in texts.items()}
        return self._templates[template].substitute(escaped | html)

    def each(self, template: str, items: Iterable[Mapping[str, object]]) -> str:
        """The template once for each item."""
        return "".join(self.fill(template, item) for item in items)

    def framed(
        self, title: str, main: str, *, charset_meta: str = '<meta charset="utf-8">', **html: str
    ) -> str:
        """A whole page. ``html`` may replace parts of the frame (head, aside, lang)."""
        parts = {"head": "", "lang": "en"} | self.frame | html
        return self.fill("layout", {}, title=escape(title), main=main, meta=charset_meta, **parts)

    def page(self, address: str, title: str, main: str, *, coding: str | None = None, head: str = "") -> None:
        """Print a page of the shop in UTF-8, compressed with ``coding`` for those who accept that."""
        body = self.framed(f"{title} · {self.frame['shop']}", main, head=head).encode()
        compress = compressor(coding) if coding else None
        if compress is None:
            self.answers[address] = Answer(body)
        else:
            self.answers[address] = Answer(body, coding=coding, coded=compress(body))

    def list_page(
        self, address: str, title: str, lead: str, items: str, *, coding: str | None = None
    ) -> None:
        """Print a page that is a heading, a sentence and a list."""
        self.page(
            address, title, self.fill("list", {"title": title, "lead": lead}, items=items), coding=coding
        )

    def notice(self, address: str, title: str, text: str) -> None:
        """Print a page of one sentence."""
        self.page(address, title, self.fill("notice", {"title": title, "text": text}))

    def single(self, data: Data) -> None:
        """Print a page of one piece, as pages.toml describes it."""
        charset, declared = data.get("charset", "UTF-8"), data.get("declared")
        metas = {None: '<meta charset="utf-8">', "meta": f'<meta charset="{charset.lower()}">'}
        if data.get("bare"):
            html = data["body"]
        else:
            main = self.fill("page", {"title": data["title"]}, body=data["body"])
            html = self.framed(
                f"{data['title']} · {self.frame['shop']}",
                main,
                charset_meta=metas.get(declared, ""),
                head=data.get("head", ""),
                lang=data.get("lang", "en"),
            )
        body, media = encoded(html, charset, declared) if declared else (html.encode(), HTML)
        answer = Answer(
            body,
            headers=(("Content-Type", media), *data.get("headers", {}).items()),
            delay=data.get("delay", 0.0),
            flaps=data.get("flaps", 0),
            cookie=data.get("cookie"),
        )
        for address in (data["path"], *data.get("also", ())):
            self.answers[address] = answer

    def plain(self, data: Data) -> None:
        """Put down an answer without a frame, as answers.toml describes it."""
        headers = (("Content-Type", data.get("type", HTML)), *data.get("headers", {}).items())
        self.answers[data["path"]] = Answer(data.get("body", "").encode(), data.get("status", 200), headers)

    def file(self, address: str, name: str, media: str) -> None:
        """Put down a file of the folder ``static`` as it is."""
        self.answers[address] = Answer(
            (self._folder / "static" / name).read_bytes(), headers=(("Content-Type", media),)
        )

    def file_names(self, folder: str) -> list[str]:
        """The files in one of the site's folders, in order."""
        return sorted(file.name for file in (self._folder / folder).iterdir())


def contents(body: str, path: str = "") -> str:
    """A table of contents: a link to each heading of ``body`` that has an id."""
    headings = re.findall(r'<h[23] id="([^"]+)">(.*?)</h[23]>', body)
    entries = "".join(f'<li><a href="{path}#{name}">{text}</a></li>' for name, text in headings)
    return f'<ul class="contents">{entries}</ul>' if entries else ""


def pager(addresses: list[str], here: int | None = None) -> str:
    """Links to the numbered pages at ``addresses``, the one with the index ``here`` marked instead."""
    entries = (
        f"<li><b>{index + 1}</b></li>" if index == here else f'<li><a href="{address}">{index + 1}</a></li>'
        for index, address in enumerate(addresses)
    )
    return f'<ul class="pages">{"".join(entries)}</ul>'
