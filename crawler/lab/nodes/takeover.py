"""How long the work of a node that is gone lies still: seen by the witness, not said by the nodes."""

import asyncio
import time
from typing import NamedTuple

from crawler.lab.nodes.scene import Scene
from crawler.plumbing.starter_thread import off_loop

TURN = 0.05
LATE = 0.1
"""Seconds for which a request of the node that is gone may still be on its way."""
MOST = 30.0
"""Seconds for which it is waited for."""


class Takeover(NamedTuple):
    """Seconds from the fault on; None where it was not seen."""

    asked: float | None
    """Until another node asked something of one of its hosts, whose turn it was among all that are due."""
    all_taken: float | None
    """Until all of its partitions with something to be done were others'."""
    first_taken: float | None = None
    """Until one of them was."""
    noticed: float | None = None
    """Until PostgreSQL had ended its connection."""


async def takeover(
    scene: Scene, node: int, partitions: frozenset[int], since: float, most: float = MOST
) -> Takeover | None:
    """Watch until others go on with the ``partitions`` of incarnation ``node``, which ended at ``since``.

    None where nothing can be said of it: there was nothing to be done, or nobody else, or PostgreSQL was
    down meanwhile.
    """
    others = [alive for alive in await scene.eye.alive() if alive.node != node]
    if not partitions or not others or scene.database.locked():
        return None
    scene.watched += 1
    try:
        return await _watched(scene, node, partitions, since, most)
    finally:
        scene.watched -= 1


async def _watched(
    scene: Scene, node: int, partitions: frozenset[int], since: float, most: float
) -> Takeover | None:
    downs = scene.downs
    asked = all_taken = first_taken = noticed = None
    while time.time() < since + most and (asked is None or all_taken is None):
        await asyncio.sleep(TURN)
        taken = await scene.eye.taken(partitions, node)
        if noticed is None and all(alive.node != node for alive in await scene.eye.alive()):
            noticed = time.time() - since
        if first_taken is None and taken:
            first_taken = time.time() - since
        if all_taken is None and taken == partitions:
            all_taken = time.time() - since
        if asked is None and taken:
            starts = await off_loop(lambda: scene.net.since(since + LATE))
            times = [at for host, at in starts.items() if scene.partition_of[host] in taken]
            asked = min(times) - since if times else None
        standing = await scene.eye.standing()
        if scene.downs != downs or (standing is not None and standing.state != "running"):
            return None
    return Takeover(asked, all_taken, first_taken, noticed)
