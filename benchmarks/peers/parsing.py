"""How both hand-tuned peers parse a page: as ``plain.py`` does, with ``--distinct`` or without."""

from urllib.parse import urldefrag, urljoin

from selectolax.lexbor import LexborHTMLParser


def parse(body: bytes, base: str, distinct: bool) -> tuple[str | None, list[str], int]:
    """Title, absolute distinct http(s) links in document order, and the length of the visible text."""
    tree = LexborHTMLParser(body)
    hrefs = [node.attributes["href"] or "" for node in tree.css("a[href]")]
    if distinct:
        hrefs = list(dict.fromkeys(href.partition("#")[0] for href in hrefs))
    joined = dict.fromkeys(urldefrag(urljoin(base, href.strip())).url for href in hrefs)
    links = [link for link in joined if link.startswith(("http://", "https://"))]
    title = tree.css_first("title")
    tree.strip_tags(["script", "style"])
    return title and title.text(strip=True), links, len(tree.body.text() if tree.body else "")
