"""The fixture site's pages, made of the data in ``fixtures/site`` once, before anything is served.

``shop.toml``, ``authors.toml``, ``articles.toml``, ``docs.toml`` and ``books/`` say what the shop holds;
``pages.toml`` and ``workshop.toml`` hold pages of one piece; ``answers.toml`` is what is no page of the
shop (redirects, errors, plain text); ``templates/`` is how it looks. Texts named ``body`` are HTML,
all others are plain text.

Which page links to which is chosen with care: every page is as many links away from the start page in
whatever order a crawler's answers come in, as ``tests/lab`` proves.
"""

import json
import mimetypes
import re
from dataclasses import replace
from importlib.resources.abc import Traversable
from itertools import groupby

from crawler.lab.site.answers import Answer, Site
from crawler.lab.site.press import Data, Press, contents, pager

_NOT_IN_SITEMAP = re.compile(r"/(workshop|stock|admin|api|search\.cgi)\b|.*[?]ref=")


def read_site(root: Traversable) -> Site:
    """The site in the fixtures folder ``root``. Reads files: not for an event loop's thread."""
    press = Press(root / "site")
    shop = press.data("shop.toml")
    shelves = {key: press.data(f"books/{key}.toml") | {"key": key} for key in shop["shelves"]}
    authors = {key: author | {"key": key} for key, author in press.data("authors.toml").items()}
    articles = [_dated(article) for article in press.data("articles.toml")["article"]]
    books = [
        {**book, "shelf": key, "shelf_name": shelf["name"], "author_name": authors[book["author"]]["name"]}
        for key, shelf in shelves.items()
        for book in shelf["book"]
    ]
    press.frame = {
        "shop": shop["name"],
        "nav": "".join(f'<a href="{path}">{text}</a>' for path, text in shop["nav"]),
        "aside": press.fill("aside", {}, shelves=press.each("aside-entry", shelves.values())),
        "bestsellers": press.each("cover", [book for book in books if book.get("featured")]),
    }
    start = press.fill("home", {}, articles=press.each("article-card", articles[:3]))
    press.answers["/"] = Answer(press.framed(f"{shop['name']}, Port Averil", start, aside="").encode())
    _books(press, shop, shelves, books)
    _authors(press, shop, authors, books)
    _journal(press, shop, articles)
    _help(press, shop)
    workshop = press.data("workshop.toml")
    for page in (*press.data("pages.toml")["page"], *workshop["page"]):
        press.single(page)
    return _rest(press, workshop)


def _dated(article: Data) -> Data:
    date = article["date"]
    path = f"/articles/{date.year}/{article['slug']}"
    return article | {"year": date.year, "day": f"{date.day} {date:%B %Y}", "path": path}


def _books(press: Press, shop: Data, shelves: dict[str, Data], books: list[Data]) -> None:
    for book in books:
        copies = f"{book['copies']} on the shelf" if book["copies"] else "Being reprinted"
        main = press.fill("book", book | {"stock": copies})
        canonical = f'<link rel="canonical" href="/books/{book["slug"]}">'
        for address in (f"/books/{book['slug']}", *book.get("also", ())):
            press.page(address, book["title"], main, head=canonical)
    for key, shelf in shelves.items():
        covers = press.each("cover", [book for book in books if book["shelf"] == key])
        press.list_page(
            f"/shelves/{key}/", shelf["name"], shelf["about"], f'<div class="strip">{covers}</div>'
        )

    # Librarians sort a title without its article.
    alphabet = sorted(books, key=lambda book: re.sub(r"^(the|a|an) ", "", book["title"].lower()))
    size = shop["per_page"]
    addresses = [f"/books/?page={number}" for number in range(1, 1 + -(-len(books) // size))]
    for index, address in enumerate(addresses):
        covers = press.each("cover", alphabet[index * size : (index + 1) * size])
        items = f'<div class="strip">{covers}</div>{pager(addresses, index)}'
        press.list_page(address, f"All books, page {index + 1}", "From A to Z.", items)
    items = press.each("shelf-entry", shelves.values()) + press.fill("all-books", {}, pages=pager(addresses))
    press.list_page("/books/", "Books", shop["texts"]["books"], items)

    rows = (
        _stock_row(shop["stock"], book, number) for book in books for number in range(shop["stock"]["rows"])
    )
    items = f"<table>{press.each('stock-row', rows)}</table>"
    press.list_page("/books/everything", "The stock book", shop["texts"]["everything"], items, coding="gzip")
    # The card holds a link that is none: JSON is data.
    data = [{key: book[key] for key in shop["api_keys"]} | {"card": shop["api_card"]} for book in books]
    body = json.dumps(data, indent=1, ensure_ascii=False)
    press.plain({"path": "/api/books.json", "type": "application/json; charset=utf-8", "body": body})


def _stock_row(stock: Data, book: Data, number: int) -> Data:
    turn = number + book["pages"]
    return book | {
        "number": number + 1,
        "condition": stock["conditions"][turn % len(stock["conditions"])],
        "place": stock["places"][turn // 2 % len(stock["places"])],
        "remark": stock["remarks"][turn // 3 % len(stock["remarks"])],
    }


def _authors(press: Press, shop: Data, authors: dict[str, Data], books: list[Data]) -> None:
    entries = press.each("author-entry", authors.values())
    press.list_page("/authors/", "Authors", shop["texts"]["authors"], entries)
    for key, author in authors.items():
        covers = press.each("cover", [book for book in books if book["author"] == key])
        press.page(f"/authors/{key}", author["name"], press.fill("author", author, books=covers))


def _journal(press: Press, shop: Data, articles: list[Data]) -> None:
    by_year = {year: list(group) for year, group in groupby(articles, key=lambda article: article["year"])}
    years = " ".join(f'<a href="/articles/{year}/">{year}</a>' for year in by_year)
    for article in articles:
        main = press.fill("article", article, body=article["body"], years=years)
        press.page(article["path"], article["title"], main)
    for year, group in by_year.items():
        cards = f'<div class="cards">{press.each("article-card", group)}</div>'
        press.list_page(f"/articles/{year}/", f"Journal, {year}", shop["texts"]["year"], cards)
    cards = f'<div class="cards">{press.each("article-card", articles[:3])}</div>'
    items = cards + press.fill("years", {}, years=years)
    press.list_page("/articles/", "Journal", shop["texts"]["articles"], items)


def _help(press: Press, shop: Data) -> None:
    pages = press.data("docs.toml")["page"]
    entries = ""
    for page in pages:
        path, body, parent = page["path"], page["body"], page.get("parent")
        if parent is None:
            key = path.rpartition("/")[2]
            entries += press.fill("docs-entry", page | {"key": key}, contents=contents(body, path))
        siblings = " ".join(
            f'<a href="{other["path"]}">{other.get("nav", other["title"])}</a>'
            for other in pages
            if other is not page and other.get("parent") == parent
        )
        main = press.fill("docs", page, body=body, contents=contents(body), siblings=siblings)
        press.page(path, page["title"], main, coding=page.get("coding"))
    press.list_page("/docs/", "Help", shop["texts"]["docs"], entries)


def _rest(press: Press, workshop: Data) -> Site:
    """What no reader of the shop looks for: small pages, traps, files, errors."""
    found, never = workshop["found"], workshop["never"]
    title = never.pop("title")
    shown = [address for address in press.answers if not _NOT_IN_SITEMAP.match(address)]
    press.plain(
        {
            "path": "/sitemap.xml",
            "type": "application/xml; charset=utf-8",
            "body": press.fill(
                "sitemap", {}, urls=press.each("sitemap-url", ({"path": path} for path in shown))
            ),
        }
    )
    for address in found["paths"]:
        press.notice(address, found["title"], f"You came to {address}.")
    for reason, addresses in never.items():
        for address in addresses:
            press.notice(
                address, title, f"Nothing that may be followed leads here ({reason.replace('_', ' ')})."
            )
    for data in press.data("answers.toml")["answer"]:
        press.plain(data)
    for name in press.file_names("static"):
        media = mimetypes.guess_type(name)[0] or "application/octet-stream"
        # A style sheet that does not say its encoding is read in that of the page, UTF-16 for one.
        press.file(f"/static/{name}", name, f"{media}; charset=utf-8" if media == "text/css" else media)
    press.notice("404", "No such page", "Perhaps it stands on another shelf.")
    missing = replace(press.answers.pop("404"), status=404)
    return Site(press.answers, missing, {reason: tuple(addresses) for reason, addresses in never.items()})
