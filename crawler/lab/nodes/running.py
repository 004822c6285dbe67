"""The crawl from its first node to its last, with something done to it all the time."""

import asyncio
import time
from collections.abc import Callable

from crawler.cluster.standing import Standing
from crawler.lab.nodes.inflicting import Done, inflict, visit
from crawler.lab.nodes.member import Member
from crawler.lab.nodes.plan import OF_DATABASE, Fault, Planned, plan
from crawler.lab.nodes.scene import Scene
from crawler.plumbing.starter_thread import off_loop

TURN = 0.2
"""Seconds between two looks."""
STUCK = 120.0
"""Seconds without a page that is done after which it is stuck."""
ENDING = 90.0
"""Seconds that the nodes have to end, once the crawl is over."""
WELL = {0}
NOT_BEGUN = 3
NO_DATABASE = ("cannot be reached", "is not ready", "broke off")
"""How a node ends that has no PostgreSQL when it begins: whoever has begun it does so again."""
TOO_LATE = 2
"""A node's exit code, where the crawl was over when it came."""


class Running:
    """One run. What it leaves is judged elsewhere."""

    def __init__(self, scene: Scene, on_done: Callable[[Done, Standing], None]) -> None:
        self._scene, self._on_done = scene, on_done
        self._standing = Standing("running", 0, 0, {}, {})
        self._tasks: set[asyncio.Task[Done]] = set()
        self._complained: set[int] = set()
        self._planned: list[Planned] = []
        self.done: list[Done] = []
        self.wrongs: list[str] = []
        self.missed = 0
        """Faults that there was no time for."""

    @property
    def state(self) -> str:
        """The crawl's."""
        return self._standing.state

    async def to_the_end(self) -> None:
        """Until all nodes have ended, or nothing moves any more."""
        scene, chaos = self._scene, self._scene.chaos
        for number in range(1, chaos.nodes + 1):
            await scene.add(f"n{number}")
        self._planned = planned = list(plan(chaos.seed, chaos.faults))
        last, moved_at = -1, time.monotonic()
        while True:
            await asyncio.sleep(TURN)
            await self._look()
            is_over = self.state != "running"
            if self._standing.done != last:
                last, moved_at = self._standing.done, time.monotonic()
            elif time.monotonic() - moved_at > (ENDING if is_over else STUCK):
                await self._stuck(is_over=is_over)
                break
            if is_over and not self._tasks and not any(member.is_running for member in scene.members):
                break
            due = (chaos.faults - len(planned) + 1) * chaos.pace
            is_time = planned and not is_over and last >= due and len(self._tasks) < chaos.nodes
            if is_time and self._begin(planned[0]):
                planned.pop(0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.missed += len(planned)

    def _begin(self, planned: Planned) -> bool:
        scene = self._scene
        member: Member | None = None
        if planned.fault is Fault.JOIN:
            doing = visit(scene, f"guest{planned.number}", planned.chance)
        else:
            if planned.fault not in OF_DATABASE:
                free = [each for each in scene.members if each.is_running and not each.is_busy]
                if not free:
                    return False
                member = planned.chance.choice(free)
                member.is_busy = True
            elif scene.database.locked() or (scene.watched and planned.number % 2):
                return False  # every other time it may well come amid a takeover
            doing = inflict(scene, planned.fault, member, planned.chance)
        task = asyncio.ensure_future(doing)
        self._tasks.add(task)
        task.add_done_callback(lambda task: self._is_done(task, member, planned))
        return True

    def _is_done(self, task: "asyncio.Task[Done]", member: Member | None, planned: Planned) -> None:
        self._tasks.discard(task)
        if member is not None:
            member.is_busy = False
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            self.wrongs.append(f"a fault could not be done: {error!r}")
            self.missed += 1
            return
        done = task.result()
        if not done.hit:  # it found nothing to befall: once more
            self._planned.append(planned)
            return
        done.ended_at = time.time()
        if done.wrong is not None:
            self.wrongs.append(done.wrong)
        self.done.append(done)
        self._on_done(done, self._standing)

    async def _look(self) -> None:
        self._standing = await self._scene.eye.standing() or self._standing
        for member in self._scene.members:
            if member.is_busy or member.is_running or member.pid in self._complained:
                continue
            # A node whose end was seen may have been the last one: look once more, at what it left.
            self._standing = await self._scene.eye.standing() or self._standing
            is_well = member.code in (WELL if self.state == "running" else {*WELL, TOO_LATE})
            if is_well:
                continue
            words = member.last_words(1)
            if member.code != NOT_BEGUN or not any(said in words for said in NO_DATABASE):
                self._complained.add(member.pid)
                self.wrongs.append(
                    f"{member.name} ended by itself with exit code {member.code}: {member.last_words()}"
                )
            await off_loop(member.start)

    async def _stuck(self, *, is_over: bool) -> None:
        standing = self._standing
        self.wrongs.append(
            f"stuck: the crawl is {standing.state}, {standing.done:,} of {standing.urls:,} URLs are done,"
            f" and nothing has moved for {ENDING if is_over else STUCK:.0f} s"
        )
        self.wrongs += [f"how it stands: {live}" for live in await self._scene.eye.lives()]
        for member in self._scene.members:
            if member.is_running:
                self.wrongs.append(f"{member.name} {member.state}: {member.last_words()}")
