"""The table of keys, read off the models: each dotted name with what its value may be, in words."""

import types
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from crawler.config.values import Allowed


@dataclass(frozen=True)
class Key:
    """One key of the configuration."""

    name: str
    """Dotted, such as ``fetch.concurrency``."""
    field: FieldInfo

    @property
    def optional(self) -> bool:
        """Whether it may have no value."""
        return type(None) in typing.get_args(self.field.annotation)

    @property
    def inner(self) -> Any:
        """Its annotation without None."""
        annotation = self.field.annotation
        if typing.get_origin(annotation) not in (typing.Union, types.UnionType):
            return annotation
        return next(part for part in typing.get_args(annotation) if part is not type(None))

    @property
    def is_list(self) -> bool:
        """Whether its value is a list."""
        return typing.get_origin(_bare(self.inner)) is tuple

    @property
    def is_text(self) -> bool:
        """Whether its value is one piece of text."""
        bare = _bare(self.inner)
        return bare in (str, Path) or typing.get_origin(bare) is Literal

    @property
    def type_name(self) -> str:
        """Its TOML type: string, integer, float, boolean or list."""
        if self.is_list:
            return "list"
        return (
            "string" if self.is_text else {int: "integer", float: "float", bool: "boolean"}[_bare(self.inner)]
        )

    @property
    def allowed(self) -> str:
        """What its value may be, in words."""
        if self.is_list:
            text = "a list, each item " + _words(typing.get_args(_bare(self.inner))[0], [])
        else:
            text = _words(self.inner, self.field.metadata)
        return f"{text}, or none" if self.optional else text


def keys_of(config: type[BaseModel]) -> dict[str, Key]:
    """Every key of a configuration model whose sections are one level deep."""
    keys: dict[str, Key] = {}
    for name, field in config.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            inner = {f"{name}.{key}": value for key, value in section.model_fields.items()}
            keys |= {key: Key(key, value) for key, value in inner.items()}
        else:
            keys[name] = Key(name, field)
    return keys


def _bare(annotation: Any) -> Any:
    return typing.get_args(annotation)[0] if typing.get_origin(annotation) is Annotated else annotation


def _words(annotation: Any, metadata: list[Any]) -> str:
    """A type and its constraints in words; pydantic keeps some in the annotation, some in the field."""
    bare = _bare(annotation)
    if typing.get_origin(annotation) is Annotated:
        metadata = [*metadata, *annotation.__metadata__]
    for item in metadata:
        if isinstance(item, Allowed):
            return item.text
    if typing.get_origin(bare) is Literal:
        return "one of " + ", ".join(typing.get_args(bare))
    if bare is bool:
        return "true or false"
    names = ("ge", "gt", "le")
    bounds = {name: getattr(item, name) for item in metadata for name in names if hasattr(item, name)}
    noun = "a whole number" if bare is int else "a number"
    if "gt" in bounds:
        return f"{noun} above {bounds['gt']:_}, at most {bounds['le']:_}"
    if "le" in bounds:
        return f"{noun} from {bounds['ge']:_} to {bounds['le']:_}"
    return f"{noun} from {bounds['ge']:_} up"
