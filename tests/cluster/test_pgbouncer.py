"""What PgBouncer in transaction mode does to session locks: why a crawl's nodes refuse such connections."""

import pytest

asyncpg = pytest.importorskip("asyncpg", reason="not installed: asyncpg")


async def locks_held(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
    finally:
        await connection.close()


async def test_a_session_lock_is_its_session_s(database: str) -> None:
    """The same as below, without a pooler: so it is that which breaks the locks."""
    holder = await asyncpg.connect(database)
    other = await asyncpg.connect(database)
    try:
        assert await holder.fetchval("SELECT pg_try_advisory_lock(7)")
        assert not await other.fetchval("SELECT pg_try_advisory_lock(7)")
        assert await holder.fetchval("SELECT pg_advisory_unlock(7)")
        assert await other.fetchval("SELECT pg_try_advisory_lock(7)")
        await other.close()
        assert await locks_held(database) == 0, "its session is over"
    finally:
        await holder.close()
        await other.close()


async def test_transaction_pooling_breaks_session_locks(database: str, pgbouncer: str) -> None:
    """Two have the lock at once, who holds it is refused it, and it outlives them both."""
    first = await asyncpg.connect(pgbouncer, statement_cache_size=0)
    second = await asyncpg.connect(pgbouncer, statement_cache_size=0)
    try:
        assert await first.fetchval("SELECT pg_try_advisory_lock(7)")
        async with second.transaction():  # it gets the session that the first had
            assert await second.fetchval("SELECT pg_try_advisory_lock(7)")
            assert not await first.fetchval("SELECT pg_try_advisory_lock(7)")
    finally:
        await first.close()
        await second.close()
    assert await locks_held(database) == 1
