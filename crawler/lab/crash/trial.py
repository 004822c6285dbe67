"""One trial: a crawl, its kill, as many runs as it needs to be finished, and the judgement."""

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from crawler.lab.crash.evidence import Held, examine, look
from crawler.lab.crash.kept import Kept, differences, keep
from crawler.lab.crash.kinds import DIES, GOES_ON, RECRAWL, SAVES, Kind
from crawler.lab.crash.scene import Hung, Scene
from crawler.lab.crash.victims import kill_group
from crawler.lab.graph_site import GraphSite
from crawler.plumbing.fork_server_process import SEMAPHORES, remove_leftovers

MAX_RUNS = 6
"""Times that a crawl is gone on with before it counts as one that never ends."""

TRACKER_KILLED = {"resource tracker", "any children, at the start"}
"""Kinds after which a new resource tracker complains, with a traceback, of names that it never heard."""


@dataclass
class Verdict:
    """What came of one trial. All but kills, pages, in_flight and again are promised to be zero or empty."""

    kind: str
    method: str
    kills: int = 0
    pages: int = 0
    lost: int = 0
    twice: int = 0
    again: int = 0
    """Requests for a page that had been asked for before."""
    in_flight: int = 0
    """Pages asked for before a kill, whose records were not whole in every sink: these may be asked again."""
    again_though_safe: int = 0
    """Pages asked for again although their records were safe."""
    orphans: int = 0
    left: int = 0
    """Semaphores and folders of multiprocessing that are left in the system."""
    wrongs: list[str] = field(default_factory=list)
    """Everything else that is not as it was promised, one sentence each."""
    seconds: float = 0.0
    log: str = ""
    """What the runs printed, where not all is well."""

    @property
    def is_clean(self) -> bool:
        """Every promised zero is zero."""
        zeros = self.lost, self.twice, self.again_though_safe, self.orphans, self.left
        return not any(zeros) and not self.wrongs


def run_trial(
    kind: Kind, method: str, site: GraphSite, out: Path, chance: Random, workers: int = 2
) -> Verdict:
    """Kill one crawl of ``site`` into ``out``, and see it through. Blocks for some seconds."""
    started = time.monotonic()
    verdict = Verdict(kind.name, method)
    options: list[object] = [site.url, "--no-progress", "--concurrency", 8, "--workers", workers]
    for sink in kind.sinks:
        options += ["--sink", sink]
    options += ["--set", f"processes.start_method={method}"]
    scene = Scene(out, kind.sinks, tuple(options), chance)
    try:
        first = _crawl_before(kind, scene)
        _see_through(kind, scene, site, verdict)
    except Hung as hung:
        verdict.wrongs.append(str(hung))
    else:
        sound = examine(out, site, kind.sinks, kind.generation)
        verdict.pages, verdict.lost, verdict.twice = len(site.urls), sound.lost, sound.twice
        verdict.wrongs += sound.wrongs
        if first is not None:
            verdict.wrongs += differences(first, out, kind.sinks)
    finally:
        # Of a trial that was interrupted, or hung, nobody else would remove it: its folder is thrown away.
        noted = look(out, scene.generation).leftovers
        if noted is not None:
            remove_leftovers(noted)
    printed = scene.printed()
    if "Traceback" in printed and kind.name.removeprefix(RECRAWL) not in TRACKER_KILLED:
        verdict.wrongs.append("a traceback was printed")
    verdict.orphans = len(scene.orphans)
    if not verdict.is_clean:
        verdict.log = printed
    verdict.seconds = time.monotonic() - started
    return verdict


def _crawl_before(kind: Kind, scene: Scene) -> Kept | None:
    """Crawl what is to be crawled again, and note what there is of it then."""
    if kind.generation == 1:
        return None
    with scene.run():
        if (code := scene.code()) != 0:
            raise Hung(f"the first crawl, of which nothing was killed, ended with exit code {code}")
    first = keep(scene.out, scene.sinks)
    scene.generation = kind.generation
    return first


def _see_through(kind: Kind, scene: Scene, site: GraphSite, verdict: Verdict) -> None:
    asked: Counter[str] = Counter()
    ends: list[tuple[Held, Counter[str]]] = []
    before = site.asked()

    def note() -> None:
        nonlocal asked
        everything = site.asked() - before
        asked = Counter({url: everything[url] for url in site.urls if everything[url]})
        ends.append((look(scene.out, scene.generation), asked))

    code = _first_run(kind, scene, verdict)
    if code not in kind.ends | {0}:
        verdict.wrongs.append(f"the first run ended with exit code {code}")
        return
    if kind.damage is not None and code != 0:
        kind.damage(scene.out, scene.generation, scene.chance)
    note()
    for run in range(MAX_RUNS + kind.resumes_killed):
        if code == 0:
            break
        with scene.run(resume=not kind.by_run):
            if run < kind.resumes_killed:
                time.sleep(scene.chance.random() * 0.9)
                kill_group(scene.leader)
            code = scene.code()
            verdict.kills += code in DIES
        if code != 0 and run >= kind.resumes_killed:
            verdict.wrongs.append(f"a run that goes on with it ended with exit code {code}")
            return
        note()
    else:
        verdict.wrongs.append(f"it was not finished after {MAX_RUNS} runs that went on with it")
    for held, by_then in ends:
        verdict.again_though_safe += sum(asked[url] - by_then[url] for url in held.safe)
        if by_then is not asked:
            verdict.in_flight += len(by_then.keys() - held.safe)
        verdict.left += _left(held.leftovers)
    verdict.again = asked.total() - len(asked)
    if verdict.again > verdict.in_flight:
        verdict.wrongs.append(f"{verdict.again} requests were made again, {verdict.in_flight} were in flight")
    if kind.ends in (GOES_ON, SAVES) and verdict.again:
        verdict.wrongs.append(f"{verdict.again} requests were made again, though nothing was lost")


def _first_run(kind: Kind, scene: Scene, verdict: Verdict) -> int:
    does = "kill" if kind.kill is None else "sleep"
    fault = f"{kind.fault}:{scene.chance.randint(*kind.passes)}:{does}" if kind.fault else None
    with scene.run(fault):
        if kind.kill is not None:
            verdict.kills += kind.kill(scene)
        code = scene.code()
    if kind.kill is None:
        # Who kills itself at a fault point is missed by its main process, or is that itself.
        log = scene.printed()
        replaced = log.count("is replaced") + log.count("was killed from outside by SIGKILL")
        verdict.kills += 1 if code in DIES else replaced + (code != 0)
    elif code == 0 and kind.ends in (DIES, SAVES):
        verdict.kills = 0  # it came too late
    return code


def _left(leftovers: str | None) -> int:
    if leftovers is None:
        return 0
    noted = json.loads(leftovers)
    names = list(SEMAPHORES.glob(f"sem.{noted['semaphores'].lstrip('/')}-*"))
    return len(names) + (noted["folder"] is not None and Path(noted["folder"]).exists())
