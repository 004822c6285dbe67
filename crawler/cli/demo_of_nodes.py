"""``crawler demo --nodes N``: several nodes, one of which is killed, and what became of the pages."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crawler.cli.common import begin_afresh, complain, say
from crawler.model.errors import EXIT_STOPPED, CrawlFailed, UsageError

if TYPE_CHECKING:
    from crawler.cluster.local_nodes_process import LocalNodes
    from crawler.cluster.standing import Standing
    from crawler.config import Config

HOSTS = 12
LATENCY = 0.08
"""Seconds that each answer takes, so that there is something to see."""
PACE = {"politeness.per_host": 2, "robots.obey": True}
LOOK = 0.1
"""Seconds between two looks at who holds what."""


class Killing:
    """Kills the node in the middle when half of the pages are there, and tells what happens."""

    def __init__(self, nodes: "LocalNodes", urls: int, tell: Callable[[str], None] = say) -> None:
        self._nodes, self._half, self._tell = nodes, urls // 2, tell
        names = [node.name for node in nodes.nodes]
        self._victim = names[len(names) // 2]
        self._killed_at: float | None = None
        self._orphans: set[int] = set()
        self.told = False
        """Who took the work over is known."""

    def look(self, standing: "Standing") -> None:
        """Go on with it, as the crawl stands now."""
        if self._killed_at is None:
            if standing.done < self._half:
                return
            self._orphans = {n for n, owner in standing.owners.items() if owner == self._victim}
            self._nodes.kill(self._victim)
            self._killed_at = time.monotonic()
            self._tell(
                f"{self._victim} is killed now (kill -9): {standing.done:,} URLs are done, and it held"
                f" {len(self._orphans)} of {len(standing.owners)} partitions"
            )
        elif not self.told:
            heirs = Counter(standing.owners[n] for n in self._orphans if n in standing.owners)
            if self._victim in heirs:
                return
            self.told = True
            seconds = time.monotonic() - self._killed_at
            words = " and ".join(f"{name} ({count})" for name, count in sorted(heirs.items()))
            self._tell(f"its partitions went to {words or 'nobody: it held none'} within {seconds:.1f} s")


def demo_of_nodes(config: "Config", count: int, *, fresh: bool, quiet: bool) -> int:
    """Serve, crawl, kill, count; the exit code. Raises CrawlerError, also where a package is missing."""
    from crawler.cli.shared_crawl import default_out, made_name
    from crawler.cli.typed_secrets import database
    from crawler.cluster.embedded_process import EmbeddedPostgresql
    from crawler.lab.site.branches_process import BranchesProcess

    name = made_name("//demo")
    if config.out is None:
        config = config.replace({"out": default_out(name)}, "crawler demo")
        if not quiet:
            say(f"output: {config.out}")
    with EmbeddedPostgresql() as postgresql, BranchesProcess(HOSTS, LATENCY) as site:
        if not quiet:
            say(f"PostgreSQL runs on port {postgresql.port} for as long as this takes, and the bundled site")
            say(f"is served at {HOSTS} addresses, each a host of its own, asked by {count} nodes.")
        seeds = {"seeds": [f"{origin}/" for origin in site.origins]}
        config = config.replace({**seeds, **PACE}, "crawler demo")
        if fresh:
            begin_afresh(config)
        cluster = {"cluster.frontier": database(postgresql.dsn), "cluster.name": name}
        return _crawled(config.replace(cluster, "crawler demo"), count, site.origins, quiet=quiet)


def _crawled(config: "Config", count: int, origins: Sequence[str], *, quiet: bool) -> int:
    from crawler.cli.shared_crawl import tell_whole
    from crawler.cluster.local_nodes_process import LocalNodes
    from crawler.frontier.postgresql.place import place_of
    from crawler.lab.site.branches_process import urls_of_the_site

    out = config.out
    assert out is not None  # noqa: S101 - demo_of_nodes has set it
    place, wanted = place_of(config), {origin + path for origin in origins for path in urls_of_the_site()}
    nodes = LocalNodes(config, place, count, show=config.progress.show, restarts=0)
    killing = Killing(nodes, len(wanted), tell=(lambda _: None) if quiet else say)
    ended = nodes.run(killing.look, LOOK)
    if ended.stopped:
        say("stopped; what was crawled is lost with its PostgreSQL")
        return EXIT_STOPPED
    if ended.refused:  # such as an OUT that holds something else
        return UsageError.exit_code
    if ended.last.state != "finished":
        complain("the nodes did not come to the end of the crawl")
        return CrawlFailed.exit_code
    counted = Counted(wanted, ended.last.pages)

    def also() -> None:
        counted.count(_recorded(out))
        counted.tell(quiet=quiet)

    code = tell_whole(out, place, config, quiet=quiet, also=also)
    return code if counted.is_right else CrawlFailed.exit_code


class Counted:
    """The records that were made, against the URLs that there are."""

    def __init__(self, wanted: Set[str], pages: Mapping[str, int]) -> None:
        """``pages``: by node."""
        self._wanted, self._pages = wanted, pages
        self._found: Counter[str] = Counter()

    def count(self, recorded: Iterable[str]) -> None:
        """Take in the URL of each record."""
        self._found.update(recorded)

    @property
    def is_right(self) -> bool:
        """Every URL is there, once, and nothing else."""
        return self._found == dict.fromkeys(self._wanted, 1)

    def tell(self, *, quiet: bool) -> None:
        """What was found, in two sentences."""
        found, wanted = self._found, self._wanted
        if not self.is_right:
            twice = sum(times > 1 for times in found.values())
            complain(
                f"of {len(wanted):,} URLs, {len(wanted - found.keys()):,} are missing in the records,"
                f" {twice:,} are there twice, and {len(found.keys() - wanted):,} are none of the site's"
            )
        elif not quiet:
            say(f"pages: {', '.join(f'{name} {number:,}' for name, number in self._pages.items())}")
            say(f"The site has {len(wanted):,} URLs; {found.total():,} records were counted: each URL once.")


def _recorded(out: Path) -> Iterator[str]:
    """The URL of each record that is committed, in the folders of all nodes."""
    from crawler.export.source import Source

    class Line(msgspec.Struct):
        url: str

    decode = msgspec.json.Decoder(Line).decode
    for batch in Source(out).batches():
        yield from (decode(line).url for line in batch)
