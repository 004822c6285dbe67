"""Several options at once, and what an option's value or place may be."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class Count(click.IntRange):
    """A number of things; its name is what click says of a word that is none."""

    name = "whole number"


def all_of(*options: Callable[[F], F]) -> Callable[[F], F]:
    """A decorator for several options at once; the help shows them in this order."""

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def unlisted(option: Callable[[F], F]) -> Callable[[F], F]:
    """The same option, which the help does not show."""

    def decorate(function: F) -> F:
        function = option(function)
        function.__click_params__[-1].hidden = True  # type: ignore[attr-defined]
        return function

    return decorate
