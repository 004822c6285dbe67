"""What a command line says: its options as configuration keys, each with the option that it came from.

Values are handed on as text: crawler.config alone knows types and bounds, so that one sentence refuses
a wrong value wherever it came from.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from crawler.cli.options import FLAGS, KEYS, NAMES
from crawler.model.errors import UsageError

if TYPE_CHECKING:
    from crawler.config import Config


class Given(NamedTuple):
    """What the command line says: values by key, and for each which option it was."""

    values: dict[str, object]
    origins: dict[str, str]

    def add(self, key: str, value: object, name: str) -> None:
        """Take in one more. Raises UsageError where another option said otherwise."""
        earlier = self.origins.get(key)
        if earlier not in (None, f"command line {name}") and self.values[key] != value:
            raise UsageError(f"{key} is given twice, with {str(earlier).split()[-1]} and with {name}")
        self.values[key], self.origins[key] = value, f"command line {name}"


def given(parameters: Mapping[str, Any]) -> Given:
    """What a command's parameters (by name) ask for. Raises ConfigError, UsageError."""
    from crawler.cli import typed_secrets
    from crawler.config.layers import Text, assignment

    said = Given({}, {})
    for name, value in parameters.items():
        option = NAMES.get(name, f"--{name.replace('_', '-')}")
        # What was not given is None, False or an empty tuple; an empty text was given, and is refused later.
        if not value and not isinstance(value, str):
            continue
        if name in FLAGS:
            for key, meant in FLAGS[name].items():
                said.add(key, meant, option)
        elif name in KEYS:
            if name == "cookie":
                value = typed_secrets.cookies(value)
            elif name == "header":
                value = typed_secrets.headers(value)
            elif name == "frontier":
                value = typed_secrets.database(value)
            said.add(KEYS[name], Text(value) if isinstance(value, str) else value, option)
    for text in parameters.get("assignments") or ():
        key, value = assignment(text)
        said.add(key, value, "--set")
    return said


def given_anew(parameters: Mapping[str, Any]) -> Given:
    """The same for a crawl that goes on with its saved settings, which know nothing of a live page.

    So the environment is asked for that, and for nothing else.
    """
    from crawler.config.layers import environment_layer
    from crawler.config.settings import ENV_DELIMITER, ENV_PREFIX

    said = given(parameters)
    for raw in environment_layer(ENV_PREFIX, ENV_DELIMITER):
        if raw.key.startswith("dashboard.") and raw.key not in said.values:
            said.values[raw.key], said.origins[raw.key] = raw.value, raw.origin
    return said


def config_of(parameters: Mapping[str, Any], file: str | Path | None) -> "Config":
    """The configuration that a command's parameters (by name) ask for, over ``file`` and the environment.

    Raises ConfigError, and UsageError where two options say different things of one key.
    """
    from crawler.config import Config

    values, origins = given(parameters)
    return Config.load(Path(file) if file is not None else None, values, origins=origins)
