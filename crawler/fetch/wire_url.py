"""A URL as yarl's object, in such a way that not one character of it changes on the wire."""

from yarl import URL


def as_sent(url: str) -> URL:
    """``url``, which is serialised already and must not be quoted anew. Raises ValueError."""
    if not url.endswith("?"):
        return URL(url, encoded=True)
    # yarl drops an empty query, but `/a?` and `/a` are two URLs (WHATWG URL section 4.5).
    bare = URL(url[:-1], encoded=True)
    return URL.build(
        scheme=bare.scheme, authority=bare.raw_authority, path=f"{bare.raw_path_qs}?", encoded=True
    )
