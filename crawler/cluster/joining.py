"""What a node must agree on with the others before it takes part."""

import json
import os
import re
import secrets
import socket
from collections.abc import Mapping
from typing import NamedTuple

from crawler.config import Config
from crawler.config.settings import KEYS
from crawler.engine.lifecycle import now_utc, saved_settings
from crawler.engine.recipe import differences, flat, recipe_of
from crawler.engine.resuming import missing_logins
from crawler.frontier.postgresql import crawl, membership
from crawler.frontier.postgresql.connecting import Connection, Place
from crawler.frontier.postgresql.session import Session
from crawler.model.errors import AlreadyFinished, OutputError, UsageError

OWN_KEYS = (
    "out",
    "again",
    "cluster.frontier",
    "cluster.node",
    "fetch.concurrency",
    "fetch.spool_above",
    "fetch.proxy",
    "fetch.proxy_login",
    "fetch.ca_file",
    "parse.workers",
    "parse.executor",
    "parse.max_memory",
    "parse.batch",
    "write.batch",
    "write.max",
    "limits",
    "watchdog",
    "processes",
    "run",
    "log",
    "progress",
    "dashboard",
)
"""Where nodes may differ: what they begin with."""


class Joined(NamedTuple):
    """A node's place in the crawl."""

    node: int
    """The number of this incarnation."""
    config: Config
    hash_seed: int
    started_at: str
    """When the crawl began, RFC 3339."""


def refuse(config: Config) -> None:
    """Raises UsageError for what does not work on several nodes yet."""
    why = "which does not work on several nodes yet"
    for key, is_set in (
        ("again", config.again),
        ("check.enabled", config.check.enabled),
        ("scope.max_depth", config.scope.max_depth is not None),
        ("session.cookies", config.session.cookies),
    ):
        if is_set:
            raise UsageError(
                f"{key} is set ({config.origin_of(key)}), {why}: crawl with one node, crawler run"
            )


def node_name(config: Config) -> str:
    """The node's name: the one that was given, or the machine's."""
    return config.cluster.node or (
        re.sub(r"[^A-Za-z0-9.]+", "_", socket.gethostname()).strip("._")[:40] or "node"
    )


async def join(session: Session, place: Place, config: Config, logins: Mapping[str, str]) -> Joined:
    """Make the crawl or join it. Raises UsageError, OutputError, AlreadyFinished."""

    async def job(db: Connection) -> dict[str, str]:
        if not config.seeds:
            if meta := await crawl.read_meta(db, place):
                return meta
            raise UsageError(
                f"there is no crawl {place.name} at {place.frontier}: the node that begins one names its URLs"
            )
        return await crawl.create(db, place, _begun(config, logins), config.frontier.partitions)

    meta = await session.run(job)
    joined = _agreed(config, meta, place)
    _check_logins(joined, logins, meta, place)
    if meta["state"] == "finished":
        raise AlreadyFinished(
            f"the crawl {place.name} at {place.frontier} finished already, at {meta.get('ended_at')}: to"
            " crawl the site once more, choose another --name"
        )
    if recipe := meta.get("recipe"):
        for words in differences(recipe, recipe_of(joined, None)):
            raise OutputError(f"this node would make other records than those of crawl {place.name}: {words}")
    name = node_name(joined)
    node = await session.run(lambda db: membership.join(db, name, socket.gethostname(), os.getpid()))
    return Joined(node, joined, int(meta["hash_seed"]), meta["started_at"])


def _begun(config: Config, logins: Mapping[str, str]) -> dict[str, str]:
    return {
        "settings": saved_settings(config),
        "recipe": recipe_of(config, None),
        "hash_seed": str(secrets.randbits(63)),
        "partitions": str(config.frontier.partitions),
        "started_at": now_utc(),
        "logins": json.dumps(sorted(logins)),
    }


def _agreed(config: Config, meta: Mapping[str, str], place: Place) -> Config:
    """The settings that this node works with. Raises OutputError where it has others than the crawl."""
    saved = Config.from_json(meta["settings"])
    before, now = flat(saved), flat(config)
    for key in sorted(before.keys() | now.keys()):
        if not _is_own(key) and before.get(key) != now.get(key) and _is_said(config, key):
            raise OutputError(
                f"the crawl {place.name} at {place.frontier} has {key} = {json.dumps(before.get(key))}, not"
                f" {json.dumps(now.get(key))}: nodes must agree on it; leave it out, or crawl under another"
                " --name"
            )
    if config.seeds:
        return config
    own = {key: value for key, value in now.items() if _is_own(key) and value is not None}
    return saved.replace(own, origin="this node's settings")


def _is_said(config: Config, key: str) -> bool:
    """Whether this node was told so; ``key`` may be a section, such as ``check.rules``."""
    if config.seeds or key == "seeds":
        return bool(config.seeds)
    return any(
        config.origin_of(each) != "default" for each in KEYS if each == key or each.startswith(f"{key}.")
    )


def _is_own(key: str) -> bool:
    return any(key == own or key.startswith((f"{own}.", f"{own}_")) for own in OWN_KEYS)


def _check_logins(config: Config, logins: Mapping[str, str], meta: Mapping[str, str], place: Place) -> None:
    if missing := missing_logins(config, logins, meta):
        raise OutputError(
            f"the crawl {place.name} has a seed at {min(missing)} with a user and password in its URL, which"
            " are not saved: name the same URLs, with logins, on each node"
        )
