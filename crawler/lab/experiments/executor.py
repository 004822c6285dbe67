"""A heavy parse in the middle of asyncio: inline, in a thread, in a process, and what others feel.

An event loop is one thread that does one thing at a time. While it parses, nobody's answer is read:
every other request is late by as long as the parse takes. ``run_in_executor`` moves the parse away.

- In a *thread* it still needs the interpreter's lock. Python code gives that up every 5 ms; a call into
  C, such as this crawler's HTML parser, may keep it until it returns. The loop gets its turn in between.
- In a *process* it has an interpreter of its own: the loop feels no more than the cost of handing over.

The page is parsed by this crawler's own code. The other requests go to a site in a third process.
"""

import asyncio
import multiprocessing
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crawler.lab.experiments.limits import need_cores
from crawler.lab.finding import Finding, Scale, Table, Verdict
from crawler.lab.graph_site import graph_site
from crawler.lab.report.pictures import BLACK, BLUE, ORANGE, VERMILION
from crawler.lab.sandbox_process import measured

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PLACES = {"no parsing": BLACK, "inline": VERMILION, "thread": ORANGE, "process": BLUE}
DELAY = 0.005
"""Seconds until the site answers."""
CLIENTS = 4
"""Requests in flight, each sent as soon as the one before is answered."""
PAUSE = 0.02
"""Seconds between two parses."""
PAGE = b"<title>t</title>" + b"".join(
    b'<p>Some <b>text</b> number %d and <a href="/p/%d">a link</a> in it.</p>' % (n, n) for n in range(12_000)
)


def parse() -> int:
    """Parse the heavy page. Imported here so that the process that only draws needs no HTML parser."""
    from crawler.parse.html import parse_html

    return len(parse_html(PAGE, "text/html; charset=utf-8", "http://a.example/").links)


async def parse_again_and_again(
    place: str, executor: Executor | None, until: float, times: list[float]
) -> None:
    """What the loop has to do beside its requests."""
    loop = asyncio.get_running_loop()
    while time.perf_counter() < until:
        started = time.perf_counter()
        if place == "inline":
            parse()
        elif executor is not None:
            await loop.run_in_executor(executor, parse)
        times.append(time.perf_counter() - started)
        await asyncio.sleep(PAUSE)


async def requests(host: str, port: int, until: float, latencies: list[float]) -> None:
    """Ask and wait for the answer, again and again, and note how long each took."""
    reader, writer = await asyncio.open_connection(host, port)
    while (started := time.perf_counter()) < until:
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.rpartition(b": ")[2]))
        latencies.append(time.perf_counter() - started)
    writer.close()


async def one_loop(
    place: str, executor: Executor | None, site: str, seconds: float
) -> dict[str, list[float]]:
    """The requests' latencies while the page is parsed at that place."""
    address, until = urlsplit(site), time.perf_counter() + seconds
    latencies, times = list[float](), list[float]()
    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(requests(address.hostname or "", address.port or 0, until, latencies))
        group.create_task(parse_again_and_again(place, executor, until, times))
    return {"latencies_s": latencies, "parses_s": times}


def measure(seconds: float) -> dict[str, dict[str, list[float]]]:
    """Every place in turn, one second or so each."""
    context = multiprocessing.get_context("spawn")
    with (
        ThreadPoolExecutor(1) as thread,
        ProcessPoolExecutor(1, mp_context=context) as process,
        graph_site(pages=10, delay=DELAY) as site,
    ):
        executors = {"thread": thread, "process": process}
        parse()
        process.submit(parse).result()  # its imports are done
        return {
            place: asyncio.run(one_loop(place, executors.get(place), site.url, seconds)) for place in PLACES
        }


def run(scale: Scale) -> Finding:
    """QUICK measures for less long. Raises NotPossible on one core."""
    need_cores(2)
    found = measured(measure, 0.4 if scale is Scale.QUICK else 2.0)
    p95 = {place: quantiles(one["latencies_s"], n=20)[-1] for place, one in found.items()}
    if p95["thread"] <= 1.5 * p95["process"]:
        verdict = Verdict.BORNE_OUT
    else:
        verdict = Verdict.HALF if p95["thread"] <= p95["inline"] / 1.5 else Verdict.NOT_BORNE_OUT
    return Finding(
        claim="In a thread, a heavy parse no longer holds up the event loop.",
        done=f"{CLIENTS} requests are always in flight, to a site that answers after {DELAY * 1e3:.0f} ms, "
        "while "
        f"the same loop has a page of {len(PAGE) / 1e6:.1f} MB parsed again and again: not at all, inline, "
        "in a "
        "thread, in a process.",
        tables=[table(found)],
        verdict=verdict,
        because="Of the requests, 95 % were answered within "
        + ", ".join(f"{value * 1e3:.0f} ms ({place})" for place, value in p95.items())
        + ".",
        figures={"p95_s": p95, **found},
        draw=partial(draw, found, p95),
    )


def table(found: dict[str, dict[str, list[float]]]) -> Table:
    """A row for each place."""
    rows = []
    for place, one in found.items():
        latencies, parses = one["latencies_s"], one["parses_s"]
        p95 = quantiles(latencies, n=20)[-1]
        times = [f"{value * 1e3:.1f}" for value in (median(latencies), p95, max(latencies), median(parses))]
        rows.append((place, str(len(latencies)), *times[:3], "–" if place == "no parsing" else times[3]))
    return Table(
        ("parsed", "requests", "latency: median, ms", "95 %, ms", "worst, ms", "a parse takes, ms"),
        tuple(rows),
    )


def draw(found: dict[str, dict[str, list[float]]], p95: dict[str, float], figure: "Figure") -> None:
    """A histogram of the latencies for each place, over one logarithmic scale."""
    figure.set_size_inches(9, 6)
    every: list[Any] = [value * 1e3 for one in found.values() for value in one["latencies_s"]]
    low, high = min(every) * 0.9, max(every) * 1.1
    edges = [low * (high / low) ** (number / 50) for number in range(51)]
    for axes, (place, colour) in zip(figure.subplots(len(PLACES), sharex=True), PLACES.items(), strict=True):
        latencies = [value * 1e3 for value in found[place]["latencies_s"]]
        axes.hist(latencies, edges, color=colour, weights=[100 / len(latencies)] * len(latencies))
        axes.axvline(p95[place] * 1e3, color="#777777", linestyle=":")
        axes.set(xscale="log", ylabel="requests (%)")
        where = {"no parsing": "no parsing", "inline": "parsed inline"}.get(place, f"parsed in a {place}")
        axes.set_title(f"{where}: 95 % of the requests within {p95[place] * 1e3:.0f} ms")
    axes.set_xlabel("latency of a request (ms)")
    ticks = [tick for tick in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if low <= tick <= high]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
