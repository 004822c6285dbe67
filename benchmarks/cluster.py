"""What a crawl that several nodes share costs: its coordination, its growth, its nodes.

    python benchmarks/cluster.py coordination --nodes 1 2 4
    python benchmarks/cluster.py growth --urls 100000 1000000 10000000

A PostgreSQL of its own is started, with the settings that it comes with, and so with fsync. ``--postgresql``
names the folder of another one, as /usr/lib/postgresql/15.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

sys.path.append(str(Path(__file__).resolve().parent.parent))  # where the crawler is not installed

import asyncpg
import report
from filled_crawl import fill

from crawler.cluster import embedded_process
from crawler.cluster.embedded_process import EmbeddedPostgresql
from crawler.frontier.postgresql.connecting import Place
from crawler.lab.internet.internet_process import InternetProcess
from crawler.lab.internet.world import World

USUAL = {
    "fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB", "jit": "on",
    "dynamic_shared_memory_type": "posix",
}  # fmt: skip
"""What PostgreSQL's own defaults are, over those of the embedded one."""
HOSTS = 500
"""Of the internet for real nodes."""
SETTLING = 6.0
"""Seconds between the moment in which every node has its share and the measurement."""
STATEMENTS = """
SELECT calls, total_exec_time * 1000 / $1::int, total_exec_time * 1000 / calls, rows / calls, query
FROM public.pg_stat_statements WHERE calls > 0 ORDER BY total_exec_time DESC LIMIT 15
"""
"""Calls, µs for each page, µs and rows for each call."""
SIZES = """
SELECT relname, pg_total_relation_size(oid) - CASE WHEN relkind = 'r' THEN pg_indexes_size(oid) ELSE 0 END,
    reltuples::bigint
FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'i') AND relpages > 4
ORDER BY 2 DESC
"""
TICKS = os.sysconf("SC_CLK_TCK")


class Sample(NamedTuple):
    """The state of a crawl at one moment."""

    at: float
    pages: int
    nodes: float
    """Seconds of processor time of all nodes' processes."""
    database: float
    wal: int
    """Bytes."""


@contextmanager
def postgresql(options: argparse.Namespace, **settings: str) -> Iterator[EmbeddedPostgresql]:
    """A server."""
    if options.postgresql is not None:
        embedded_process.binaries = lambda: options.postgresql
    if options.statements:
        settings["shared_preload_libraries"] = "pg_stat_statements"
    with EmbeddedPostgresql(settings=USUAL | settings) as server:
        yield server


def descendants(pid: int) -> list[int]:
    """Itself, and all of its children's."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [pid, *(each for child in children for each in descendants(int(child)))]


def cpu_of(pid: int) -> float:
    """Seconds of processor time of a process and its children, those included that have ended."""
    seconds = 0
    for each in descendants(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        seconds += sum(map(int, fields[11:15]))
    return seconds / TICKS


async def sample(db: Any, server: EmbeddedPostgresql, nodes: Sequence[subprocess.Popen[str]]) -> Sample:
    """Look at it now."""
    pages, wal = await db.fetchrow("SELECT sum(pages), pg_current_wal_lsn() - '0/0' FROM nodes")
    spent = sum(cpu_of(node.pid) for node in nodes)
    return Sample(time.perf_counter(), int(pages or 0), spent, cpu_of(server.pid or 0), int(wal))


async def until_shared(db: Any, nodes: Sequence[subprocess.Popen[str]]) -> None:
    """Wait until each node holds its share of the partitions."""
    while True:
        held = await db.fetch("SELECT owner, count(*) FROM partitions GROUP BY owner")
        counts = [count for owner, count in held if owner is not None]
        if len(held) == len(counts) == len(nodes) and max(counts) <= -(-sum(counts) // len(nodes)):
            return
        if any(node.poll() is not None for node in nodes):
            sys.exit("a node has ended")
        await asyncio.sleep(0.2)


async def measure(
    server: EmbeddedPostgresql,
    place: Place,
    hosts: int,
    count: int,
    seconds: float,
    *,
    statements: bool = False,
) -> dict[str, float]:
    """Have ``count`` nodes work for a while; pages a second, and what a page costs."""
    db = await asyncpg.connect(place.frontier, server_settings={"search_path": place.schema})
    command = [sys.executable, str(Path(__file__).with_name("simulated_node.py"))]
    command += [place.frontier, place.name, str(hosts)]
    nodes = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        for _ in range(count)
    ]
    try:
        begun = time.perf_counter()
        await until_shared(db, nodes)
        print(f"shared after {time.perf_counter() - begun:.1f} s", file=sys.stderr)
        while not (await sample(db, server, nodes)).pages:
            await asyncio.sleep(0.2)
        print(f"first pages after {time.perf_counter() - begun:.1f} s", file=sys.stderr)
        await asyncio.sleep(SETTLING)
        print("measuring", file=sys.stderr)
        if statements:
            await db.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA public")
            await db.execute("SELECT public.pg_stat_statements_reset()")
        first = await sample(db, server, nodes)
        await asyncio.sleep(seconds)
        last = await sample(db, server, nodes)
        if statements:
            for row in await db.fetch(STATEMENTS, last.pages - first.pages):
                print(*(f"{number:>10,.1f}" for number in row[:-1]), " ".join(row[-1].split())[:150])
        await db.close()
        told = [json.loads(node.communicate("")[0]) for node in nodes]
    finally:
        for node in nodes:
            node.kill()
            node.wait()
    pages = last.pages - first.pages
    made = sum(each["made_s"] for each in told) / sum(each["made"] for each in told)
    return {
        "pages_s": pages / (last.at - first.at),
        "node_us": ((last.nodes - first.nodes) / pages - made) * 1e6,
        "made_us": made * 1e6,
        "database_us": (last.database - first.database) / pages * 1e6,
        "wal": (last.wal - first.wal) / pages,
        "load_s": max(each["load_s"] for each in told),
        "load_cpu_us": sum(each["load_cpu_s"] for each in told)
        / max(1, sum(each["urls"] for each in told))
        * 1e6,
        "memory": sum(each["memory"] for each in told) / max(1, sum(each["urls"] for each in told)),
    }


def coordination(options: argparse.Namespace) -> None:
    """Pages a second, by how many nodes."""
    rows = [("nodes", "pages/s", "a node's frontier, µs", "PostgreSQL, µs", "WAL, bytes", "simulation, µs")]
    with postgresql(options) as server:
        for count in options.nodes:
            place = Place(server.dsn, f"n{count}")
            asyncio.run(fill(place, options.hosts, options.per_host, options.pending))
            found = asyncio.run(
                measure(server, place, options.hosts, count, options.seconds, statements=options.statements)
            )
            names = ("pages_s", "node_us", "database_us", "wal", "made_us")
            rows.append((str(count), *(f"{found[name]:,.0f}" for name in names)))
            print(*rows[-1], flush=True)
    report.print_table(f"coordination, a page of 43 links, 3 of them new; {options.hosts:,} hosts", rows)


async def sizes(place: Place) -> list[tuple[str, int, int]]:
    """Of each table and index that is not tiny: its name, bytes, rows."""
    db = await asyncpg.connect(place.frontier, server_settings={"search_path": place.schema})
    try:
        return [tuple(row) for row in await db.fetch(SIZES, place.schema)]
    finally:
        await db.close()


def growth(options: argparse.Namespace) -> None:
    """What one node does, and what a URL takes, by how many URLs are known."""
    names = ("pages_s", "node_us", "database_us", "wal", "load_s", "load_cpu_us", "memory")
    rows = [("known URLs", "pages/s", "node, µs", "PostgreSQL, µs", "WAL, bytes", "taken over, s",
             "CPU µs a URL", "bytes a URL")]  # fmt: skip
    for urls in options.urls:
        with postgresql(options) as server:
            place = Place(server.dsn, "growth")
            begun = time.perf_counter()
            asyncio.run(fill(place, options.hosts, urls // options.hosts, options.pending))
            print(f"filled after {time.perf_counter() - begun:.0f} s", file=sys.stderr)
            of_each = asyncio.run(sizes(place))
            found = asyncio.run(measure(server, place, options.hosts, 1, options.seconds))
        rows.append(
            (f"{urls:,}", *(f"{found[name]:,.{1 if name.startswith('load') else 0}f}" for name in names))
        )
        print(*rows[-1], flush=True)
        heading = ("table or index", "rows a URL", "bytes a URL")
        each = [(name, f"{count / urls:.3f}", f"{size / urls:.1f}") for name, size, count in of_each]
        report.print_table(f"on disk, {urls:,} known URLs", [heading, *each])
    report.print_table(f"a page of 43 links, 3 of them new; {options.hosts:,} hosts, one node", rows)


def real_nodes(folder: Path, place: Place, count: int, concurrency: int) -> list[subprocess.Popen[str]]:
    """Start ``crawler node`` so many times; the settings are in the folder."""
    command = [sys.executable, "-m", "crawler", "node", "-c", str(folder / "config.toml"), "--frontier"]
    command += [place.frontier, "--name", place.name, "--concurrency", str(concurrency), "--delay", "0"]
    command += ["--per-host", "2", "--workers", "1", "-q"]
    return [
        subprocess.Popen(
            [*command, "-o", str(folder / f"out{count}"), "--node", f"node{number}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, text=True, start_new_session=True,
        )
        for number in range(count)
    ]  # fmt: skip


async def rate(
    server: EmbeddedPostgresql, place: Place, started: Sequence[subprocess.Popen[str]], seconds: float
) -> tuple[float, float, float]:
    """Pages a second of these nodes once they share; the cores that they take, and PostgreSQL takes."""
    db = await asyncpg.connect(place.frontier)
    try:
        while not await db.fetchval("SELECT to_regclass($1) IS NOT NULL", f"{place.schema}.partitions"):
            await asyncio.sleep(0.2)
        await db.execute(f"SET search_path TO {place.schema}")
        await until_shared(db, started)
        while (await sample(db, server, started)).pages < HOSTS * len(started):
            await asyncio.sleep(0.5)
        first = await sample(db, server, started)
        await asyncio.sleep(seconds)
        last = await sample(db, server, started)
    finally:
        await db.close()
    took = last.at - first.at
    return (
        (last.pages - first.pages) / took,
        (last.nodes - first.nodes) / took,
        (last.database - first.database) / took,
    )


def nodes(options: argparse.Namespace) -> None:
    """Pages a second of hosts that take a second to answer, by how many real nodes ask them."""
    world = World(hosts=HOSTS, pages=HOSTS * 400, latency=1.0, faults=0.0, redirects=0.0, missing=0.0,
                  delaying=0.0, forbidding=0.0, closed=0.0)  # fmt: skip
    rows = [("nodes", "pages/s", "of proportional", "cores: nodes", "cores: PostgreSQL")]
    alone = 0.0
    with (
        postgresql(options) as server,
        InternetProcess(world) as internet,
        tempfile.TemporaryDirectory() as folder,
    ):
        seeds = ", ".join(f'"{world.url(host, 0)}"' for host in range(HOSTS))
        config = internet.config().partition("\n")[2]
        Path(folder, "config.toml").write_text(f"seeds = [{seeds}]\n{config}", "utf-8")
        for count in options.nodes:
            place = Place(server.dsn, f"n{count}")
            started = real_nodes(Path(folder), place, count, options.concurrency)
            try:
                pages, cores, database = asyncio.run(rate(server, place, started, options.seconds))
            finally:
                for node in started:
                    node.terminate()
                for node in started:
                    node.wait()
            alone = alone or pages / count
            rows.append(
                (
                    str(count),
                    f"{pages:,.1f}",
                    f"{pages / count / alone:.0%}",
                    f"{cores:.2f}",
                    f"{database:.2f}",
                )
            )
            print(*rows[-1], flush=True)
    title = f"{HOSTS} hosts that answer after 1 s, each node asks for {options.concurrency} pages at once"
    report.print_table(title, rows)


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description="Costs of a crawl that nodes share.")
    commands = parser.add_subparsers(required=True)
    for run in (coordination, growth, nodes):
        command = commands.add_parser(run.__name__, help=run.__doc__)
        command.set_defaults(run=run)
        if run is coordination:
            command.add_argument("--nodes", type=int, nargs="+", default=[1, 2, 4])
            command.add_argument("--per-host", type=int, default=120, help="known URLs of each")
        elif run is nodes:
            command.add_argument("--nodes", type=int, nargs="+", default=[1, 2, 3, 4])
            command.add_argument("--concurrency", type=int, default=48)
        else:
            command.add_argument("--urls", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
        command.add_argument("--hosts", type=int, default=1_000)
        command.add_argument("--pending", type=int, default=20, help="of each host's URLs, such as wait")
        command.add_argument("--seconds", type=float, default=15.0)
        command.add_argument("--postgresql", type=Path, help="folder of another PostgreSQL")
        command.add_argument("--statements", action="store_true", help="what each takes (pg_stat_statements)")
    options = parser.parse_args()
    report.machine()
    options.run(options)


if __name__ == "__main__":
    main()
