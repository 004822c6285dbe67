"""A crawl of several nodes as it stands in PostgreSQL after a while: so many known URLs on so many hosts.

Most of it is made by SQL. Only the URLs to which pages link again and again have true fingerprints.
"""

import json
from array import array

from simulated_node import LINKED, UNLIMITED, origin_of, url_of

from crawler.frontier.postgresql import crawl
from crawler.frontier.postgresql.connecting import Connection, Place, connect
from crawler.frontier.postgresql.schema import ID_BITS, LANE_BITS
from crawler.rules.dedup import fingerprints
from crawler.rules.urls import partition

SEED = 7
URLS = f"""
INSERT INTO urls
SELECT h.part << {ID_BITS} | (h.first + i), coalesce(marks[i], hashint8extended(i, h.host)), h.lane,
    h.part << {ID_BITS} | (h.first + 1), 1, 0, 0,
    'http://host' || h.host || '.example/library/chapter-000000/section-' || lpad((i - 1)::text, 9, '0')
        || '.html', NULL
FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[]) AS h(host, part, first, lane)
    JOIN marks m ON m.host = h.host, generate_series(1, $5) i
"""
DONE = f"""
INSERT INTO done
SELECT h.part << {ID_BITS} | (h.first + i), 77, 1764288000.25, 1, 1, 3, 0, 0, 200, 1, 1,
    NULL, NULL, NULL, NULL, NULL, '"5e0b-5f1e3c8a"', NULL, 'gzip, deflate',
    '\\x00112233445566778899aabbccddeeff'
FROM unnest($1::bigint[], $2::bigint[]) AS h(part, first), generate_series(1, $3) i
"""


async def fill(place: Place, hosts: int, urls: int, pending: int, partitions: int = 256) -> None:
    """Make the crawl: ``urls`` of each host, the last ``pending`` of them not yet done."""
    db = await connect(place)
    try:
        async with db.transaction():
            await _fill(db, place, hosts, urls, pending, partitions)
        await db.execute("VACUUM (ANALYZE)")
        await db.execute("CHECKPOINT")
    finally:
        await db.close()


async def _fill(db: Connection, place: Place, hosts: int, urls: int, pending: int, partitions: int) -> None:
    meta = {
        "settings": UNLIMITED.to_json(), "recipe": "", "logins": json.dumps([]), "hash_seed": str(SEED),
        "partitions": str(partitions), "started_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    await crawl.create(db, place, meta, partitions)
    of_part: dict[int, int] = {}
    rows = []
    for part, host in sorted((partition(origin_of(host), partitions), host) for host in range(hosts)):
        at = of_part[part] = of_part.get(part, -1) + 1
        rows.append((host, part, at * urls, part << LANE_BITS | (at + 1)))
    columns = ("id", "origin")
    lanes = [(lane, origin_of(host)) for host, _, _, lane in rows]
    await db.copy_records_to_table("lanes", records=lanes, columns=columns)
    await db.execute("CREATE TEMP TABLE marks (host int, marks bigint[]) ON COMMIT DROP")
    marks = [(host, array("q", fingerprints([url_of(host, n) for n in range(LINKED)], SEED)).tolist())
             for host in range(hosts)]  # fmt: skip
    await db.copy_records_to_table("marks", records=marks)
    await db.execute("ANALYZE marks")
    some = 50
    for at in range(0, hosts, some):  # in the order of their ids, as they would be
        host, part, first, lane = zip(*rows[at : at + some], strict=True)
        await db.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
        await db.execute(URLS, host, part, first, lane, urls)
        await db.execute(DONE, part, first, urls - pending)
    await db.execute(
        "UPDATE partitions p SET urls = c.hosts * $3::bigint, done = c.hosts * $4::bigint"
        " FROM unnest($1::int[], $2::int[]) AS c(n, hosts) WHERE p.n = c.n",
        list(of_part), [at + 1 for at in of_part.values()], urls, urls - pending,
    )  # fmt: skip
