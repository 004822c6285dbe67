"""The race's plain values: what a page costs, and what a run brought."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

BUSY = 0.4
"""Cores that others keep busy, the site with them, from which on they disturb; the site alone takes 0.3."""


SLOWED = 1.4
"""Times by which the processor itself is slower than beside another model, from which on that disturbs."""


class RaceFailed(Exception):
    """No model ran, or one brought other records than the first: then no figure is worth anything."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What a page costs: in waiting, and in computing."""

    name: str
    latency: float
    """Seconds until the site answers."""
    parse_again: int
    """How often each page is parsed once more."""


@dataclass(frozen=True, slots=True)
class Run:
    """The figures of one model under one workload."""

    pages: int
    wall: float
    """Seconds, from before its pools are started to the last record. What the fork server and the children
    import counts; what it had imported itself by then does not."""
    cpu: float
    """Seconds of processor time of all its processes, likewise."""
    memory: int | None
    """Bytes at the peak, of all its processes; None where the system does not tell."""
    gil: bool
    others: float | None = None
    """Cores that the site and all other programs kept busy meanwhile; None where the system does not tell."""
    pace: float | None = None
    """Seconds that a fixed piece of parsing took before it or after it, the longer; None: not measured."""
    slowed: float = 1.0
    """How many times that is what it took beside the model that the machine was fastest for."""

    @property
    def disturbed(self) -> bool:
        """Others used so much of the cores, or the processor was so slow, that the figures may be theirs."""
        return (self.others is not None and self.others > BUSY) or self.slowed > SLOWED

    @property
    def pages_per_second(self) -> float:
        """Pages finished in a second."""
        return self.pages / self.wall

    @property
    def cores_used(self) -> float:
        """How many cores were busy, on average."""
        return self.cpu / self.wall


def beside_each_other(runs: Mapping[str, Run]) -> dict[str, Run]:
    """These runs, each with how much slower the machine was meanwhile than beside the others.

    A core that other machines share may do the same work in 1.7 times the time, for seconds on end.
    """
    best = min((one.pace for one in runs.values() if one.pace), default=0.0)
    return {name: replace(one, slowed=one.pace / best if one.pace else 1.0) for name, one in runs.items()}


Results = Mapping[str, Mapping[str, Run]]
"""By workload, by model."""
