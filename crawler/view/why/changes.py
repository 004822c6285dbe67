"""Which other settings are tried on a replayed crawl."""

import msgspec

from crawler.view.why.replay import Replay, Setting


class Change(msgspec.Struct, frozen=True):
    """What another setting would change."""

    name: str
    """In words: ``2 parsers``."""
    setting: Setting
    speed: float
    """How many times as fast, by the simulation."""
    extrapolated: bool
    """It cannot be run on the machine on which the crawl ran."""


def changes_of(replay: Replay, limit: str) -> list[Change]:
    """What other settings would change, by the simulation; ``limit`` is what limits the crawl."""
    street = replay.street
    settings: dict[str, Setting] = {}
    if not street.parses_in_main and any(visit.parse is not None for visit in replay.visits):
        for parsers in sorted({1, 2, 4, 2 * street.parsers} - {street.parsers}):
            settings[f"{parsers} parser{'s' * (parsers > 1)}"] = Setting(parsers=parsers)
    configured = replay.config.fetch.concurrency  # more than the street's where the live page allowed fewer
    for at_once in sorted({2 * street.at_once, 4 * street.at_once, configured} - {street.at_once}):
        settings[f"{at_once} at once"] = Setting(at_once=at_once)
    if any(host.delay for host in street.hosts):
        settings["without the delay"] = Setting(without_delay=True)
    if any(host.per_host < street.at_once for host in street.hosts):
        most = max(host.per_host for host in street.hosts if host.per_host < street.at_once)
        settings[f"{2 * most} at once to each host"] = Setting(per_host=2 * most)
    if limit == "disk":
        settings["a disk that costs nothing"] = Setting(quick_disk=True)
    more = Setting(cores=2 * street.cores, parsers=max(street.parsers, 2 * street.cores))
    name = f"{2 * street.cores} cores"
    settings[name if street.parses_in_main else f"{name}, {more.parsers} parsers"] = more
    return [
        Change(
            name,
            setting,
            round(replay.speed(setting), 3),
            setting.cores is not None or setting.quick_disk or (setting.parsers or 0) > street.cores,
        )
        for name, setting in settings.items()
    ]
