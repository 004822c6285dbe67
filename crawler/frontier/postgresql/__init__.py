"""The frontier of a crawl that several nodes share, on PostgreSQL; the package asyncpg is needed here alone."""
