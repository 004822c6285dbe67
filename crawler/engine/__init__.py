"""Floor 6: the crawl as a whole. Start with street.py."""
