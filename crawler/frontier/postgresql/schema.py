"""The tables of a crawl that nodes share: each crawl has a schema of its own, ``crawler_NAME``.

Nearly everything is appended: no row is changed when a URL is handed out, and one is added, to ``done``, when
it is finished. A partition's URLs have ids that begin with its number, so what belongs to it lies together in
every index, and the rows of a commit, sorted by id, are put into few of its pages.

Times are Unix seconds by the clock of the database, whatever the nodes' own clocks say.
"""

PREFIX = "crawler_"
"""Of a schema's name; the crawl's own name follows."""
VERSION = 1
"""Of these tables; in ``meta``."""
ID_BITS = 40
"""A URL's id is ``partition << ID_BITS | n``, with n from 1."""
LANE_BITS = 24
"""Likewise a lane's; lanes and URLs are counted apart."""
OLDEST = 14
"""The major version of PostgreSQL that is needed at least: of idle_session_timeout."""

TABLES = """
CREATE TABLE meta (key text PRIMARY KEY, value text NOT NULL);
    -- version, settings (JSON), hash_seed, partitions, recipe, logins, started_at and ended_at (RFC 3339),
    -- state: running | finished | incomplete
CREATE TABLE nodes (                  -- incarnations of nodes; each has a folder of its own: name-id
    id serial PRIMARY KEY,
    name text NOT NULL,
    host text NOT NULL, pid integer NOT NULL,
    joined_at double precision NOT NULL,
    left_at double precision,         -- NULL: it lives, or was killed; whether it lives, its lock says
    end_state text,                   -- how it left: finished | stopped | lost | incomplete
    seen_at double precision,         -- when it last saved how it stands
    pages bigint NOT NULL DEFAULT 0,  -- finished otherwise than as skipped, committed: what max_pages counts
    granted bigint NOT NULL DEFAULT 0,     -- pages that it may finish, with scope.max_pages
    out_of_reach bigint NOT NULL DEFAULT 0,    -- pending, but its host has put everything off for too long
    retried bigint NOT NULL DEFAULT 0,     -- transactions repeated after a deadlock or the like
    disk_lost boolean NOT NULL DEFAULT false,  -- its records are gone for good
    live text                         -- JSON: how it stands
) WITH (fillfactor = 50);
CREATE TABLE partitions (
    n integer PRIMARY KEY,
    owner integer,                    -- of nodes; NULL where it was given back in good order
    urls bigint NOT NULL DEFAULT 0,
    done bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE TABLE lanes (
    id bigint PRIMARY KEY,            -- partition << 24 | n
    origin text NOT NULL,
    crawl_delay double precision,     -- seconds, from robots.txt
    robots_status integer, robots_body bytea, robots_at double precision,
    per_host integer, delay double precision, slots_now integer, delay_now double precision,
    slow double precision, requests bigint, failures bigint, peak integer, smallest_gap double precision,
    last_start double precision, resting_until double precision
) WITH (fillfactor = 80);
CREATE TABLE urls (
    id bigint PRIMARY KEY,            -- partition << 40 | n
    mark bigint NOT NULL,             -- its fingerprint under the crawl's seed, as a signed number
    lane bigint NOT NULL,
    referrer bigint,                  -- id of the URL that first named it, of any partition
    depth integer NOT NULL,
    purpose smallint NOT NULL,
    indexes smallint NOT NULL,        -- of a sitemap: indexes on the way to it
    url text NOT NULL,
    redirects bytea                   -- JSON of the hops that led here
);
CREATE TABLE retries (                -- of URLs that are pending still
    id bigint PRIMARY KEY, attempts integer NOT NULL, due double precision NOT NULL
);
CREATE TABLE done (                   -- one row for each URL that is finished
    id bigint PRIMARY KEY,
    near_hash bigint,                 -- here and below: see PageVersion
    fetched_at double precision,
    node integer NOT NULL,            -- the incarnation that has its record,
    batch integer NOT NULL,           -- in this of its batches
    out_of_scope integer NOT NULL, too_deep integer NOT NULL, nofollow integer NOT NULL,  -- of its links
    status integer,
    attempts smallint NOT NULL,
    state smallint NOT NULL,          -- crawler.model.outcomes.State
    kind text, target text, message text, extract text, login text,    -- as in crawl.db
    etag text, last_modified text, accept_encoding text, content_hash bytea
);
CREATE TABLE batches (                -- where each sink of an incarnation ends with each committed batch
    node integer NOT NULL, n integer NOT NULL, sink text NOT NULL, position bigint NOT NULL,
    PRIMARY KEY (node, n, sink)
);
CREATE TABLE inbox (                  -- what other nodes have found for a partition; its owner takes it out
    partition integer NOT NULL,
    id bigserial,
    mark bigint NOT NULL,
    referrer bigint,
    again bigint,                     -- id of a URL whose record is lost: it is pending again
    depth integer NOT NULL,
    purpose smallint NOT NULL,
    indexes smallint NOT NULL,
    url text NOT NULL,
    redirects bytea,
    PRIMARY KEY (partition, id)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
"""
