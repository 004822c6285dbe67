"""Floor 6: what to fetch next, and when (the work queue); the only owner of ``crawl.db``."""
