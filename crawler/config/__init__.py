"""Floor 5: every setting, typed and bounded, and where each value came from."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crawler.config.settings import Config

__all__ = ["Config", "packaged_config"]


def packaged_config() -> Path:
    """The ``config.toml`` of the fixture site: the one in the wheel or, in a checkout, the top-level one."""
    package = Path(__file__).parents[1]
    packaged = package / "config.toml"
    return packaged if packaged.exists() else package.parent / "config.toml"


def __getattr__(name: str) -> Any:
    # The sections take some milliseconds to import: `--help` and `--version` do without.
    if name == "Config":
        from crawler.config.settings import Config

        return Config
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
