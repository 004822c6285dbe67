"""The configuration of one crawl: what every key is, and the one object that carries it.

Precedence: command line, then environment, then the config file, then defaults. Whatever is
refused is refused here, with one sentence for each problem: :class:`ConfigError`.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from crawler.config import problems
from crawler.config.keys import Key, keys_of
from crawler.config.layers import Given, Layer, environment_layer, file_layer, tree_layer, understood
from crawler.config.sections import (
    FetchConfig,
    FrontierConfig,
    LimitsConfig,
    LogConfig,
    ParseConfig,
    PolitenessConfig,
    ProcessesConfig,
    ProgressConfig,
    RobotsConfig,
    ScopeConfig,
    SessionConfig,
    SitemapsConfig,
    WatchdogConfig,
    WriteConfig,
)
from crawler.config.values import Folder, WebUrl
from crawler.model.errors import ConfigError

ENV_PREFIX = "CRAWLER_"
ENV_DELIMITER = "__"


class Config(BaseModel):
    """Every setting of a crawl; frozen, picklable, each value with its origin.

    ``Config(seeds=["https://example.com/"], fetch={"concurrency": 8})`` reads the environment for what is
    not given. Raises ConfigError.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seeds: tuple[WebUrl, ...] = Field(default=(), description="URLs the crawl begins with.")
    out: Folder | None = Field(
        default=None, description="The output folder; none is a new one below crawls/."
    )
    scope: ScopeConfig = ScopeConfig()
    fetch: FetchConfig = FetchConfig()
    session: SessionConfig = SessionConfig()
    politeness: PolitenessConfig = PolitenessConfig()
    robots: RobotsConfig = RobotsConfig()
    sitemaps: SitemapsConfig = SitemapsConfig()
    frontier: FrontierConfig = FrontierConfig()
    parse: ParseConfig = ParseConfig()
    write: WriteConfig = WriteConfig()
    limits: LimitsConfig = LimitsConfig()
    watchdog: WatchdogConfig = WatchdogConfig()
    processes: ProcessesConfig = ProcessesConfig()
    log: LogConfig = LogConfig()
    progress: ProgressConfig = ProgressConfig()

    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    def __init__(self, *, _layers: Iterable[Layer] | None = None, **keys: Any) -> None:
        layers = list(_layers) if _layers is not None else [_environment()]
        given = merged([*layers, tree_layer(keys, "Config()")])
        try:
            super().__init__(**_nested({key: item.value for key, item in given.items()}))
        except ValidationError as error:
            raise ConfigError(problems.of_values(error, KEYS, given)) from None
        self._origins = {key: item.origin for key, item in given.items()}

    @classmethod
    def load(
        cls,
        path: Path | None = None,
        overrides: Mapping[str, object] | None = None,
        env: bool = True,
        *,
        origins: Mapping[str, str] | None = None,
    ) -> Self:
        """The settings from the file at ``path``, the environment unless ``env`` is False, and ``overrides``.

        ``overrides`` are the command line's, by dotted key; ``origins`` may say of each which option it was.
        Raises ConfigError.
        """
        layers = [file_layer(Path(path))] if path is not None else []
        if env:
            layers.append(_environment())
        named = origins or {}
        last = tree_layer(overrides or {}, "command line")
        layers.append([given._replace(origin=named.get(given.key, given.origin)) for given in last])
        return cls(_layers=layers)

    def replace(self, changes: Mapping[str, object], origin: str = "Config.replace()") -> Self:
        """These settings with some values changed, by dotted key (no environment). Raises ConfigError."""
        kept = [Given(key, value_of(self, key), source) for key, source in self._origins.items()]
        return type(self)(_layers=[kept, tree_layer(changes, origin)])

    def to_json(self) -> str:
        """All values, defaults too, as one JSON object; origins are not kept."""
        return self.model_dump_json()

    @classmethod
    def from_json(cls, text: str, origin: str = "saved settings") -> Self:
        """The settings that :meth:`to_json` wrote; no environment is read. Raises ConfigError."""
        try:
            tree = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"the {origin} are not valid JSON: {error}") from None
        if not isinstance(tree, dict):
            raise ConfigError(f"the {origin} are not a JSON object")
        return cls(_layers=[tree_layer(tree, origin)])

    def origin_of(self, key: str) -> str:
        """Where the value of a dotted key came from, such as ``environment CRAWLER_OUT`` or ``default``.

        Raises ConfigError where there is no such key.
        """
        if key not in KEYS:
            raise ConfigError(problems.unknown(Given(key, None, "origin_of()"), KEYS))
        return self._origins.get(key, "default")

    def __eq__(self, other: object) -> bool:
        # Two configurations are the same when their values are, wherever those came from.
        return isinstance(other, Config) and self.__dict__ == other.__dict__


KEYS: dict[str, Key] = keys_of(Config)
"""Every key, by its dotted name."""


def value_of(config: Config, key: str) -> object:
    """The value of a dotted key."""
    value: object = config
    for name in key.split("."):
        value = getattr(value, name)
    return value


def merged(layers: Iterable[Layer]) -> dict[str, Given]:
    """The last word on each key, ready for pydantic. Raises ConfigError for keys that do not exist."""
    everything = [given for layer in layers for given in layer]
    strangers = dict.fromkeys(problems.unknown(given, KEYS) for given in everything if given.key not in KEYS)
    if strangers:
        raise ConfigError("\n".join(strangers))
    return {given.key: given._replace(value=understood(KEYS[given.key], given.value)) for given in everything}


def _environment() -> Layer:
    return environment_layer(ENV_PREFIX, ENV_DELIMITER)


def _nested(flat: Mapping[str, object]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in flat.items():
        section, dot, name = key.rpartition(".")
        (tree.setdefault(section, {}) if dot else tree)[name] = value
    return tree
