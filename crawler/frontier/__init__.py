"""Floor 6: what to fetch next, and when; the only owner of ``crawl.db``."""
