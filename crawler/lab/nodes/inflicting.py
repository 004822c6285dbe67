"""How each fault is done, and undone."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from random import Random

import msgspec

from crawler.lab.nodes.eye import Alive
from crawler.lab.nodes.line import Line
from crawler.lab.nodes.member import Member
from crawler.lab.nodes.plan import HARMLESS, Fault
from crawler.lab.nodes.scene import Pause, Scene
from crawler.lab.nodes.takeover import Takeover, takeover
from crawler.plumbing.starter_thread import off_loop

LEAVE_TIMEOUT = 60.0
"""Seconds in which a node must have left that was asked to."""
JOIN_TIMEOUT = 30.0
"""Seconds in which a node that was started is to be there; on a busy machine it takes some."""
AFTER_PAUSE = 6.0
"""Seconds that a pause is longer than the time-out: within 5 others must have gone on."""


class Done(msgspec.Struct):
    """What came of a fault."""

    fault: Fault
    at: float
    """Unix time."""
    hit: bool = True
    """It befell something; the others do not count."""
    in_flight: int = 0
    """Pages, of all nodes, that might have to be fetched again for its sake."""
    takeover: Takeover | None = None
    ended_at: float = 0.0
    """Unix time at which everything ran again."""
    wrong: str | None = None
    """What went wrong at once."""


Act = Callable[["Scene", Member, Alive, Random, Done], Awaitable[None]]


async def inflict(scene: Scene, fault: Fault, member: Member | None, chance: Random) -> Done:
    """Do it to ``member``; without one, to PostgreSQL. Everything runs again when it returns."""
    done = Done(fault, time.time())
    if member is None:
        await _down(scene, fault, chance, done)
        return done
    alive = await _joined(scene, member)
    if alive is None:
        done.hit = False
        return done
    done.at = time.time()
    await ACTS[fault](scene, member, alive, chance, done)
    return done


async def _joined(scene: Scene, member: Member) -> Alive | None:
    """What the node is, once it has something to do; None where that takes too long, or it has ended."""
    alive = None
    for _ in range(int(JOIN_TIMEOUT / 0.1)):
        if not member.is_running:
            return None
        alive = await scene.incarnation(member)
        if alive is not None and await scene.eye.owned(alive.node):
            break
        await asyncio.sleep(0.1)
    return alive


async def _left(member: Member) -> bool:
    """Whether a node that is asked to leave has ended, before long."""
    await off_loop(member.ask_to_leave)
    for _ in range(int(LEAVE_TIMEOUT / 0.1)):
        if not member.is_running:
            return True
        await asyncio.sleep(0.1)
    return False


async def _down(scene: Scene, fault: Fault, chance: Random, done: Done) -> None:
    async with scene.database:
        scene.downs += 1
        seen = await off_loop(scene.net.ledger)
        await off_loop(scene.server.kill if fault is Fault.KILL_DATABASE else scene.server.stop)
        await asyncio.sleep(chance.uniform(0.0, 1.5))
        await off_loop(scene.server.start)
    # Of what was committed last, a killed server may have lost some: counted when it is back.
    done.in_flight = max(0, seen.pages + seen.under_way - await scene.eye.fetched())


async def _kill(group: bool, scene: Scene, member: Member, alive: Alive, chance: Random, done: Done) -> None:
    await off_loop(lambda: scene.note_leftovers(alive))
    done.at = time.time()
    await off_loop(lambda: member.kill(group=group))
    owned = await scene.eye.owned(alive.node)
    done.in_flight = await scene.in_flight()
    done.takeover = await takeover(scene, alive.node, owned, done.at)
    await asyncio.sleep(chance.uniform(0.0, 2.0))
    await off_loop(member.start)


async def _kill_child(
    role: str, _scene: Scene, member: Member, alive: Alive, _chance: Random, done: Done
) -> None:
    kill = partial(member.kill_child, "parser" if role == "parser" else "writer", alive.node)
    done.hit = await off_loop(kill)


async def _pause(scene: Scene, member: Member, alive: Alive, _chance: Random, done: Done) -> None:
    timeout, held = scene.chaos.session_timeout, await scene.eye.held(alive.node)
    done.at = time.time()
    await off_loop(member.pause)
    owned = await scene.eye.owned(alive.node)
    pause = Pause(alive.node, held | await scene.eye.held(alive.node))
    try:
        done.in_flight = await scene.in_flight()
        done.takeover = await takeover(scene, alive.node, owned, done.at, timeout + AFTER_PAUSE)
        await asyncio.sleep(max(0.0, done.at + timeout + 1.0 - time.time()))
    finally:
        pause.ended_at = time.time()
        scene.pauses.append(pause)
        await off_loop(member.go_on)


async def _pause_shortly(scene: Scene, member: Member, _alive: Alive, chance: Random, _done: Done) -> None:
    await off_loop(member.pause)
    try:
        await asyncio.sleep(scene.chaos.session_timeout * chance.uniform(0.1, 0.4))
    finally:
        await off_loop(member.go_on)


async def _leave(_scene: Scene, member: Member, _alive: Alive, chance: Random, done: Done) -> None:
    await _see_out(member, done)
    await asyncio.sleep(chance.uniform(0.0, 2.0))
    await off_loop(member.start)


async def _see_out(member: Member, done: Done) -> None:
    if not await _left(member):
        done.wrong = f"{member.name} was asked to leave and did not, for {LEAVE_TIMEOUT:.0f} s"
        await off_loop(lambda: member.kill(group=True))
    elif member.code not in {0, 130}:
        words = member.last_words()
        done.wrong = f"{member.name}, asked to leave, ended with exit code {member.code}: {words}"


async def _cut(how: Fault, scene: Scene, _m: Member, alive: Alive, chance: Random, done: Done) -> None:
    line = scene.line_of(alive)
    if line is None or line.is_cut:
        done.hit = False
        return
    timeout = scene.chaos.session_timeout
    if how is Fault.ANSWER_LOST:
        line.stall("answers")
        await asyncio.sleep(chance.uniform(0.05, 0.4))
    elif how in {Fault.STALL_LONG, Fault.STALL_SHORT}:
        line.stall("all")
        await asyncio.sleep(timeout * (1.5 if how is Fault.STALL_LONG else chance.uniform(0.05, 0.2)))
        line.stall(None)
    if how is Fault.HALF:
        await _cut_half(line, timeout)
    elif how not in {Fault.STALL_LONG, Fault.STALL_SHORT}:
        line.cut("both", reset=how is not Fault.CLOSE)
    if how not in HARMLESS:
        done.in_flight = await scene.in_flight()


async def _cut_half(line: Line, timeout: float) -> None:
    line.cut("near", reset=True)
    await asyncio.sleep(timeout / 2)
    line.cut("both", reset=True)


ACTS: Mapping[Fault, Act] = {
    Fault.KILL: partial(_kill, False),
    Fault.KILL_GROUP: partial(_kill, True),
    Fault.KILL_PARSER: partial(_kill_child, "parser"),
    Fault.KILL_WRITER: partial(_kill_child, "writer"),
    Fault.PAUSE_LONG: _pause,
    Fault.PAUSE_SHORT: _pause_shortly,
    Fault.LEAVE: _leave,
    Fault.RESET: partial(_cut, Fault.RESET),
    Fault.CLOSE: partial(_cut, Fault.CLOSE),
    Fault.HALF: partial(_cut, Fault.HALF),
    Fault.STALL_LONG: partial(_cut, Fault.STALL_LONG),
    Fault.STALL_SHORT: partial(_cut, Fault.STALL_SHORT),
    Fault.ANSWER_LOST: partial(_cut, Fault.ANSWER_LOST),
}


async def visit(scene: Scene, name: str, chance: Random) -> Done:
    """Another node joins, works for a while, and leaves."""
    done = Done(Fault.JOIN, time.time())
    member = await scene.add(name)
    member.is_busy = True
    if await _joined(scene, member) is None:
        done.hit = False
    await asyncio.sleep(chance.uniform(1.0, 4.0))
    if member.is_running:
        await _see_out(member, done)
    return done
