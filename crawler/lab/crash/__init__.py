"""``crawler lab crash``: kill a crawl in every way there is, let it go on, and judge what it left."""
