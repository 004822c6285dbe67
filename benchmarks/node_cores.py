"""What a page costs each process of a node, and PostgreSQL: so how many nodes for how many cores.

    python benchmarks/node_cores.py

Debian's python3-doc (526 pages of 96 kB in the mean) behind nginx, under as many names as there are hosts.
Only processor time is counted, from a few hundred pages on.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import report
from cluster import cpu_of, postgresql
from main_loop import children

ROOT = Path("/usr/share/doc/python3-doc/html")
PORT = 8_473
CONF = """
worker_processes 1; pid {folder}/pid; error_log {folder}/log; daemon off;
events {{ worker_connections 512; }}
http {{ include /etc/nginx/mime.types; access_log off; sendfile on; keepalive_requests 100000;
 server {{ {listen} root {root}; }} }}
"""
CORES = (2, 4, 8, 16, 32)


@contextmanager
def nginx(hosts: int) -> Iterator[list[str]]:
    """Serve the site under so many addresses; a URL of each."""
    with tempfile.TemporaryDirectory() as folder:
        names = [f"127.0.0.{number + 10}:{PORT}" for number in range(hosts)]
        listen = " ".join(f"listen {name};" for name in names)
        conf = Path(folder, "conf")
        conf.write_text(CONF.format(folder=folder, listen=listen, root=ROOT), "utf-8")
        Path(folder).chmod(0o755)
        server = subprocess.Popen(["nginx", "-c", str(conf)])
        try:
            time.sleep(0.5)
            yield [f"http://{name}/index.html" for name in names]
        finally:
            server.terminate()
            server.wait()


def own_cpu(pid: int) -> float:
    """Seconds of processor time of one process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / 100


def look(node: int, postmaster: int) -> dict[str, float]:
    """Seconds of processor time so far, by process; of the children the writer has the least."""
    workers = sorted(own_cpu(pid) for server in children(node) for pid in children(server))
    return {
        "main": own_cpu(node), "writer": workers[0] if workers else 0.0, "parsers": sum(workers[1:]),
        "PostgreSQL": cpu_of(postmaster),
    }  # fmt: skip


async def measure(
    dsn: str, schema: str, node: int, postmaster: int, span: tuple[int, int]
) -> dict[str, float]:
    """µs a page of each process, between two numbers of pages."""
    db = await asyncpg.connect(dsn)
    looks = []
    while not await db.fetchval("SELECT to_regclass($1) IS NOT NULL", f"{schema}.nodes"):
        await asyncio.sleep(0.2)
    for until in span:
        while (pages := await db.fetchval(f"SELECT coalesce(sum(pages), 0) FROM {schema}.nodes")) < until:
            await asyncio.sleep(0.05)
        looks.append((int(pages), look(node, postmaster)))
    await db.close()
    (first, before), (last, after) = looks
    return {name: (after[name] - before[name]) / (last - first) * 1e6 for name in after}


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description="Processor time of a page, by process of a node.")
    parser.add_argument("--hosts", type=int, default=8)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--postgresql", type=Path, help="folder of another PostgreSQL")
    parser.set_defaults(statements=False)
    options = parser.parse_args()
    report.machine()
    found: list[dict[str, float]] = []
    with nginx(options.hosts) as urls, postgresql(options) as server, tempfile.TemporaryDirectory() as out:
        for run in range(options.runs):
            command = [sys.executable, "-m", "crawler", "node", *urls, "--frontier", server.dsn, "-q"]
            command += ["--name", f"c{run}", "-o", f"{out}/{run}", "--workers", "2", "--ignore-robots"]
            node = subprocess.Popen(command)
            span = (400, options.hosts * 500 - 200)
            figures = measure(server.dsn, f"crawler_c{run}", node.pid, server.pid or 0, span)
            found.append(asyncio.run(figures))
            node.wait()
            print({name: round(us) for name, us in found[-1].items()}, flush=True)
    us = {name: report.median_of([each[name] for each in found], 0) for name in found[0]}
    rows = [("process", "µs a page"), *((name, f"{value:,.0f}") for name, value in us.items())]
    report.print_table(f"python3-doc under {options.hosts} names, medians of {options.runs}", rows)
    rows = [("cores", "pages/s that they suffice for", "nodes whose main process does that")]
    for cores in CORES:
        pages = cores / sum(us.values()) * 1e6
        rows.append((str(cores), f"{pages:,.0f}", f"{pages * us['main'] / 1e6:.1f}"))
    report.print_table("computed", rows)


if __name__ == "__main__":
    main()
