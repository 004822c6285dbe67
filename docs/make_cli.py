"""Write ``docs/cli.md``, the reference of every command, from the program itself.

``python -m docs`` writes it; a test compares it with what the program says now.
"""

import inspect
import re
from typing import Any

from crawler.cli.app import program
from crawler.cli.common import plain


def option(said: str, help_text: str) -> str:
    """One argument or option as a list entry."""
    said = plain(" ".join(said.split()))
    text = " ".join(help_text.split()).replace("<", "&lt;").replace("*", r"\*")
    return f"- `{said}`: {text}"


def described(command: Any, name: str, parent: Any, level: int) -> list[str]:
    """One command, and below it those that it holds."""
    context = command.make_context(name, [], parent=parent, resilient_parsing=True)
    lines = [
        f"{'#' * level} {context.command_path}",
        "",
        *inspect.cleandoc(command.help or "").splitlines(),
        "",
    ]
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    lines += ["```text", re.sub(r"\{(\w+)\}", r"\1", usage), "```", ""]
    records = [
        record
        for parameter in command.get_params(context)
        if (record := parameter.get_help_record(context)) is not None
    ]
    lines += [*(option(said, text) for said, text in records), ""]
    for below in command.list_commands(context) if hasattr(command, "list_commands") else ():
        lines += described(command.get_command(context, below), below, context, level + 1)
    return lines


def make() -> str:
    """The whole page."""
    head = [
        "# Commands",
        "",
        "Made by `docs/make_cli.py` from the program; a test checks that it is current.",
        "`crawler COMMAND --help` says the same. Where an option is also a setting, its key stands",
        "in brackets: see [the settings](configuration.md).",
        "",
    ]
    return "\n".join([*head, *described(program, "crawler", None, 2)]).rstrip() + "\n"
