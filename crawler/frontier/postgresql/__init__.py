"""The frontier of a crawl that several nodes share, on PostgreSQL: asyncpg is needed here alone."""
