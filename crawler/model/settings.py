"""What a table of the configuration is made of, for those who say what their settings are."""

from typing import NamedTuple

import msgspec

MIB = 1024 * 1024
GIB = 1024 * MIB


class About(NamedTuple):
    """What is said of a key in one sentence (with the unit of a number), and its bounds."""

    description: str
    ge: int | None = None
    gt: int | None = None
    le: int | None = None


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table of the configuration; frozen. Values are checked where a Config is made of them."""
