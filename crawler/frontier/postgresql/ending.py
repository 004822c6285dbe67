"""When a crawl that nodes share is over, and how many of its pages each of them may still ask for.

It is over when every URL that was ever taken in is done, and none is on its way to its owner. Both stand in
the database, and are looked at in one statement, so in one moment. Nothing is in anybody's memory alone
then: a page becomes done in the transaction that has its links, and whoever has URLs that are not saved has
a page that is not done, but for the seeds, which a node saves before it looks.
"""

from collections.abc import Collection

from crawler.frontier.postgresql.connecting import Connection

_LEFT = """
SELECT (SELECT coalesce(sum(urls - done), 0) FROM partitions), EXISTS (SELECT FROM inbox),
    (SELECT coalesce(sum(out_of_reach), 0) FROM nodes WHERE id = ANY($1::int[])),
    (SELECT coalesce(sum(pages), 0) FROM nodes WHERE NOT disk_lost AND id <> $2)
"""


async def end(
    db: Connection, node: int, alive: Collection[int], max_pages: int | None, finished: int, pages: int
) -> bool:
    """Whether nothing more will come; once all is committed that is noted.

    ``finished``: URLs of ``node`` that wait for their commit, and whose links are saved; ``pages``: how many
    of its pages count, committed or not.
    """
    for is_last_look in (False, True):
        pending, is_on_its_way, stuck, others = await db.fetchrow(_LEFT, list(alive), node)
        is_limited = max_pages is not None and others + pages >= max_pages
        if not is_limited and (is_on_its_way or pending > stuck + finished):
            return False
        if finished:
            return True
        if not is_last_look:
            # Whoever makes URLs pending again, since their records are lost, takes this row first.
            await db.execute("SELECT FROM meta WHERE key = 'state' FOR UPDATE")
    state = "incomplete" if pending and not is_limited else "finished"
    await db.execute("UPDATE meta SET value = $1 WHERE key = 'state' AND value = 'running'", state)
    await db.execute(
        "INSERT INTO meta SELECT 'ended_at', to_char(clock_timestamp() AT TIME ZONE 'UTC',"
        ' \'YYYY-MM-DD"T"HH24:MI:SS"Z"\') ON CONFLICT (key) DO UPDATE SET value = excluded.value'
    )
    return True


async def grant(db: Connection, node: int, alive: Collection[int], max_pages: int, most: int) -> int:
    """Up to ``most`` more pages that ``node`` may finish; of ``max_pages`` nobody's are left over, or some.

    What a node that is gone did not use is there again.
    """
    await db.execute("SELECT FROM meta WHERE key = 'state' FOR UPDATE")  # one node after the other
    pages, granted = await db.fetchrow(
        "SELECT coalesce(sum(pages), 0), coalesce(sum(greatest(granted - pages, 0))"
        " FILTER (WHERE id = ANY($1::int[])), 0) FROM nodes WHERE NOT disk_lost",
        list(alive),
    )
    more = max(0, min(most, -(-(max_pages - int(pages) - int(granted)) // len(alive))))
    if more:
        await db.execute("UPDATE nodes SET granted = granted + $2 WHERE id = $1", node, more)
    return more
