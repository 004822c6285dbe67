"""A heavy parse in the middle of asyncio: inline, in a thread, in a process, and how long others wait.

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
from statistics import quantiles

from crawler.lab.asking import ask_again_and_again
from crawler.lab.experiments.limits import need_two_cores
from crawler.lab.finding import Finding, Scale, Verdict, needs
from crawler.lab.graph_site import graph_site
from crawler.lab.sandbox_process import measured
from crawler.lab.tables.executor import draw, table
from crawler.lab.tables.units import ms

PLACES = ("no parsing", "inline", "thread", "process")
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


async def parse_again_and_again(place: str, executor: Executor | None, until: float) -> list[float]:
    """What the loop has to do beside its requests; the seconds that each parse took."""
    loop, times = asyncio.get_running_loop(), list[float]()
    while time.perf_counter() < until:
        started = time.perf_counter()
        if place == "inline":
            parse()
        elif executor is not None:
            await loop.run_in_executor(executor, parse)
        times.append(time.perf_counter() - started)
        await asyncio.sleep(PAUSE)
    return times


async def one_loop(
    place: str, executor: Executor | None, site: str, seconds: float
) -> dict[str, list[float]]:
    """The requests' latencies while the page is parsed at that place."""
    until = time.perf_counter() + seconds
    async with asyncio.TaskGroup() as group:
        clients = [group.create_task(ask_again_and_again(site, until)) for _ in range(CLIENTS)]
        parses = group.create_task(parse_again_and_again(place, executor, until))
    latencies = [latency for client in clients for latency in client.result()]
    return {"latencies_s": latencies, "parses_s": parses.result()}


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


@needs(need_two_cores)
def run(scale: Scale) -> Finding:
    """QUICK measures for less long. Raises NotPossible on one core."""
    found = measured(measure, 0.4 if scale is Scale.QUICK else 2.0)
    p95 = {place: quantiles(one["latencies_s"], n=20)[-1] for place, one in found.items()}
    if p95["thread"] <= 1.5 * p95["process"]:
        verdict = Verdict.BORNE_OUT
    else:
        verdict = Verdict.HALF if p95["thread"] <= p95["inline"] / 1.5 else Verdict.NOT_BORNE_OUT
    return Finding(
        claim="In a thread, a heavy parse no longer holds up the event loop.",
        done=f"{CLIENTS} requests are always in flight, to a site that answers after {ms(DELAY)} ms, "
        f"while the same loop has a page of {len(PAGE) / 1e6:.1f} MB parsed again and again: not at all, "
        "inline, in a thread, in a process.",
        tables=[table(found)],
        verdict=verdict,
        because="Of the requests, 95 % were answered within "
        + ", ".join(f"{ms(value)} ms ({place})" for place, value in p95.items())
        + ".",
        figures={"p95_s": p95, **found},
        draw=partial(draw, found, p95),
    )
