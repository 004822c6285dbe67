"""A second request in a slot that is held: a redirect of robots.txt, or a page asked again with a cookie."""

import asyncio

from crawler.frontier.lanes import Lanes


async def wait_for_turn(lanes: Lanes, origin: str) -> None:
    """Wait until ``origin`` may be asked once more, and count the request as started."""
    lane = lanes.find(origin)
    if lane is None:
        return  # it is no part of the crawl, and there are no limits to it
    loop = asyncio.get_running_loop()
    lane.state.last_start = loop.time()  # the answer has just come, however late its request was sent
    while True:
        now = loop.time()
        ready = lane.state.again_at(now)
        if ready <= now:
            break
        await asyncio.sleep(ready - now)
    lane.state.again(now)
    lanes.asked.add(lane)
