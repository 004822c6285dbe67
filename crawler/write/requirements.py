"""What the sinks need that may not be there, looked for before a crawl starts."""

from crawler.config import Config
from crawler.model.errors import ConfigError
from crawler.sinks import SINKS
from crawler.sinks.base import Sink


def require_sinks(config: Config) -> None:
    """Raises ConfigError where what a sink imports is not installed."""
    for sink in map(SINKS.__getitem__, config.write.sinks):
        if sink.missing():
            where = config.origin_of("write.sinks")
            raise ConfigError(f'write.sinks = "{sink.name}" ({where}) {how_to_install(sink)}')


def how_to_install(sink: type[Sink]) -> str:
    """What is said of a sink whose packages are missing, as the end of a sentence."""
    return f"needs packages that are not installed: pip install 'crawler[{sink.extra}]'"
