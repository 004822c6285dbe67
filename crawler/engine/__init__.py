"""Floor 7: the crawl as a whole. Start with street.py."""
