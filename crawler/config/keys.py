"""The table of keys, made from the sections: each dotted name, and what its value may be, in words."""

import types
import typing
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from crawler.config.check_values import Entries, Table
from crawler.config.values import Allowed
from crawler.model.settings import About, Section


class Key(NamedTuple):
    """One key of the configuration."""

    name: str
    """Dotted, such as ``fetch.concurrency``."""
    annotation: Any
    """Its type, with notes."""
    default: object

    @property
    def about(self) -> About:
        """Its description and bounds."""
        return about(self.annotation)

    @property
    def optional(self) -> bool:
        """Whether it may have no value."""
        return type(None) in typing.get_args(bare(self.annotation))

    @property
    def inner(self) -> Any:
        """Its annotation without None."""
        annotation = self.annotation
        if typing.get_origin(bare(annotation)) not in (typing.Union, types.UnionType):
            return annotation
        inner = next(part for part in typing.get_args(bare(annotation)) if part is not type(None))
        return Annotated[(inner, *notes(annotation))]

    @property
    def is_list(self) -> bool:
        """Whether its value is a list."""
        return typing.get_origin(bare(self.inner)) is tuple

    @property
    def is_entry(self) -> bool:
        """Whether it is one of a table's keys, such as a rule; without a value unless it is given."""
        return self.name.count(".") > 1

    @property
    def is_text(self) -> bool:
        """Whether its value is one piece of text."""
        plain = bare(self.inner)
        return plain in (str, Path) or typing.get_origin(plain) is Literal

    @property
    def type_name(self) -> str:
        """Its TOML type: string, integer, float, boolean or list."""
        if self.is_list:
            return "list"
        return (
            "string" if self.is_text else {int: "integer", float: "float", bool: "boolean"}[bare(self.inner)]
        )

    @property
    def allowed(self) -> str:
        """What its value may be, in words."""
        text = f"a list, each item {_words(item_of(self.inner))}" if self.is_list else _words(self.inner)
        return f"{text}, or none" if self.optional else text


def keys_of(config: type) -> dict[str, Key]:
    """Every key of the configuration: of its sections, which are one level deep, and of tables in these."""
    keys: dict[str, Key] = {}
    for name, annotation in config.__annotations__.items():
        if isinstance(annotation, type) and issubclass(annotation, Section):
            defaults = annotation()
            for key, inner in annotation.__annotations__.items():
                if bare(inner) is Table:
                    table = next(note for note in notes(inner) if isinstance(note, Entries))
                    names = [f"{name}.{key}.{entry}" for entry in table.names]
                    keys |= {entry: Key(entry, table.annotation, None) for entry in names}
                else:
                    keys[f"{name}.{key}"] = Key(f"{name}.{key}", inner, getattr(defaults, key))
        elif not name.startswith("_"):
            keys[name] = Key(name, annotation, getattr(config, name))
    return keys


def bare(annotation: Any) -> Any:
    """A type without its notes."""
    return typing.get_args(annotation)[0] if typing.get_origin(annotation) is Annotated else annotation


def notes(annotation: Any) -> tuple[Any, ...]:
    """What a type is annotated with."""
    return annotation.__metadata__ if typing.get_origin(annotation) is Annotated else ()


def about(annotation: Any) -> About:
    """What is said of a key, which is one of the notes of its type."""
    return next(note for note in notes(annotation) if isinstance(note, About))


def item_of(annotation: Any) -> Any:
    """The type of a list's items."""
    return typing.get_args(bare(annotation))[0]


def _words(annotation: Any) -> str:
    """A type and its bounds in words."""
    for note in notes(annotation):
        if isinstance(note, Allowed):
            return note.text
    plain = bare(annotation)
    if typing.get_origin(plain) is Literal:
        return "one of " + ", ".join(typing.get_args(plain))
    if plain is bool:
        return "true or false"
    bounds = about(annotation)
    noun = "a whole number" if plain is int else "a number"
    if bounds.gt is not None:
        return f"{noun} above {bounds.gt:_}, at most {bounds.le:_}"
    if bounds.le is not None:
        return f"{noun} from {bounds.ge:_} to {bounds.le:_}"
    return f"{noun} from {bounds.ge:_} up"
