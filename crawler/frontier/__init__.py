"""Floor 5: what to fetch next, and when; the only owner of ``crawl.db``."""
