"""The configuration of one crawl: what every key is, and the one object that carries it.

Precedence: command line, environment, config file, defaults. Each problem is one sentence: ConfigError.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn, Self

import msgspec

from crawler.config import problems
from crawler.config import running_sections as running
from crawler.config.check_section import CheckConfig
from crawler.config.check_values import Table, plain
from crawler.config.conversion import Refusal, converted
from crawler.config.frontier_section import ClusterConfig, FrontierConfig
from crawler.config.keys import Key, keys_of
from crawler.config.layers import (
    Layer,
    RawValue,
    environment_layer,
    file_layer,
    nested,
    parse_text,
    tree_layer,
)
from crawler.config.scope_section import RecrawlConfig, ScopeConfig
from crawler.config.sections import (
    FetchConfig,
    PolitenessConfig,
    RobotsConfig,
    SessionConfig,
    SitemapsConfig,
)
from crawler.config.values import Folder, WebUrl
from crawler.config.watching_sections import DashboardConfig, TraceConfig
from crawler.model.errors import ConfigError
from crawler.model.settings import About, Section
from crawler.sinks import SINKS

ENV_PREFIX = "CRAWLER_"
ENV_DELIMITER = "__"


class Config:
    """Every setting of a crawl; frozen, picklable, each value with its origin.

    ``Config(seeds=["https://example.com/"], fetch={"concurrency": 8})`` reads the environment for what is
    not given. Raises ConfigError.
    """

    seeds: Annotated[tuple[WebUrl, ...], About("URLs the crawl begins with.")] = ()
    out: Annotated[Folder | None, About("The output folder; none is a new one below crawls/.")] = None
    again: Annotated[bool, About("Whether a finished crawl in OUT gets a further generation.")] = False
    recrawl: RecrawlConfig = RecrawlConfig()
    scope: ScopeConfig = ScopeConfig()
    fetch: FetchConfig = FetchConfig()
    session: SessionConfig = SessionConfig()
    politeness: PolitenessConfig = PolitenessConfig()
    robots: RobotsConfig = RobotsConfig()
    sitemaps: SitemapsConfig = SitemapsConfig()
    frontier: FrontierConfig = FrontierConfig()
    cluster: ClusterConfig = ClusterConfig()
    parse: running.ParseConfig = running.ParseConfig()
    write: running.WriteConfig = running.WriteConfig()
    limits: running.LimitsConfig = running.LimitsConfig()
    watchdog: running.WatchdogConfig = running.WatchdogConfig()
    processes: running.ProcessesConfig = running.ProcessesConfig()
    check: CheckConfig = CheckConfig()
    run: running.RunConfig = running.RunConfig()
    log: running.LogConfig = running.LogConfig()
    progress: running.ProgressConfig = running.ProgressConfig()
    trace: TraceConfig = TraceConfig()
    dashboard: DashboardConfig = DashboardConfig()

    _origins: Mapping[str, str]

    def __init__(self, *, _layers: Iterable[Layer] | None = None, **keys: Any) -> None:
        layers = list(_layers) if _layers is not None else [_environment()]
        raw = merged([*layers, tree_layer(keys, "Config()")])
        own: dict[str, object] = {"_origins": {key: value.origin for key, value in raw.items()}}
        for name, value in nested(_converted(raw)).items():
            section = getattr(type(self), name)
            own[name] = msgspec.structs.replace(section, **value) if isinstance(section, Section) else value
        vars(self).update(own)  # what is not in it is the class's, the default

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
        return cls(_layers=[*layers, tree_layer(overrides or {}, "command line", origins)])

    def replace(
        self,
        changes: Mapping[str, object],
        origin: str = "Config.replace()",
        *,
        origins: Mapping[str, str] | None = None,
    ) -> Self:
        """These settings with some values changed, by dotted key (no environment). Raises ConfigError.

        ``origins`` may say of each change where it came from.
        """
        kept = [RawValue(key, value_of(self, key), source) for key, source in self._origins.items()]
        return type(self)(_layers=[kept, tree_layer(changes, origin, origins)])

    def to_json(self) -> str:
        """All values, defaults too, as one JSON object; origins are not kept."""
        return msgspec.json.encode(_values(self), enc_hook=plain).decode()

    @classmethod
    def from_json(cls, text: str, origin: str = "saved settings") -> Self:
        """The settings that :meth:`to_json` wrote; no environment is read. Raises ConfigError."""
        try:
            tree = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"the {origin} are not valid JSON: {error}") from None
        if not isinstance(tree, dict):
            raise ConfigError(f"the {origin} are not a JSON object")
        # A crawl that was begun with a key which is gone by now goes on without it.
        layer = [raw for raw in tree_layer(tree, origin) if raw.key not in problems.REMOVED]
        return cls(_layers=[layer])

    def origin_of(self, key: str) -> str:
        """Where the value of a dotted key came from, such as ``environment CRAWLER_OUT`` or ``default``.

        Raises ConfigError where there is no such key.
        """
        if key not in KEYS:
            raise ConfigError(problems.unknown(RawValue(key, None, "origin_of()"), KEYS))
        return self._origins.get(key, "default")

    def __eq__(self, other: object) -> bool:
        # Two configurations are the same when their values are, wherever those came from.
        return isinstance(other, Config) and _values(self) == _values(other)

    def __hash__(self) -> int:
        return hash(tuple(_values(self).values()))

    def __repr__(self) -> str:
        return f"Config({', '.join(f'{name}={value!r}' for name, value in _values(self).items())})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Config is frozen: {name} cannot be set, but replace() makes another one")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Config is frozen: {name} cannot be deleted")


for _sink in SINKS.values():
    if _sink.options is not None:  # each sink brings its section, which has its name
        Config.__annotations__[_sink.name] = type(_sink.options)
        setattr(Config, _sink.name, _sink.options)
KEYS: dict[str, Key] = keys_of(Config)
"""Every key, by its dotted name."""


def value_of(config: Config, key: str) -> object:
    """The value of a dotted key."""
    value: object = config
    for name in key.split("."):
        value = value.get(name) if isinstance(value, Table) else getattr(value, name)
    return value


def merged(layers: Iterable[Layer]) -> dict[str, RawValue]:
    """The last word on each key, ready to be converted. Raises ConfigError for keys that do not exist."""
    everything = [raw._replace(key=_spelt(raw.key)) for layer in layers for raw in layer]
    unknown_keys = dict.fromkeys(problems.unknown(raw, KEYS) for raw in everything if raw.key not in KEYS)
    if unknown_keys:
        raise ConfigError("\n".join(unknown_keys))
    return {raw.key: raw._replace(value=parse_text(KEYS[raw.key], raw.value)) for raw in everything}


def _spelt(key: str) -> str:
    """An entry of a table, such as a rule, is written with hyphens, which a variable's name cannot hold."""
    return key if key in KEYS or (hyphens := key.replace("_", "-")) not in KEYS else hyphens


def _environment() -> Layer:
    return environment_layer(ENV_PREFIX, ENV_DELIMITER)


def _converted(raw: Mapping[str, RawValue]) -> dict[str, object]:
    """The value of each key, in the order of the sections. Raises ConfigError, which tells all refusals."""
    values: dict[str, object] = {}
    sentences: list[str] = []
    for name in (name for name in KEYS if name in raw):
        try:
            values[name] = converted(KEYS[name], raw[name].value)
        except Refusal as refusal:
            sentences += [problems.of_value(KEYS[name], raw[name], part) for part in refusal.parts]
    if sentences:
        raise ConfigError("\n".join(dict.fromkeys(sentences)))
    return values


def _values(config: Config) -> dict[str, object]:
    return {name: getattr(config, name) for name in Config.__annotations__ if not name.startswith("_")}
