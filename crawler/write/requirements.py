"""What the sinks need that may not be there, looked for before a crawl starts."""

from crawler.config import Config
from crawler.model.errors import ConfigError
from crawler.sinks import SINKS


def require_sinks(config: Config) -> None:
    """Raises ConfigError where what a sink imports is not installed."""
    for sink in map(SINKS.__getitem__, config.write.sinks):
        if sink.missing():
            where = config.origin_of("write.sinks")
            raise ConfigError(
                f'write.sinks = "{sink.name}" ({where}) needs packages that are not installed:'
                f" pip install 'crawler[{sink.extra}]'"
            )
