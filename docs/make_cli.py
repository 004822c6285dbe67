"""Write ``docs/cli.md``, the reference of every command, from the program itself.

``python -m docs`` writes it; a test compares it with what the program says now.
"""

import inspect
import re
from typing import Any

from crawler.cli.app import program
from crawler.cli.common import plain
from crawler.model.version import VERSION

COMPLETION = """\
A shell completes commands and options once it has read one of these lines, which belongs into its start-up
file:

```sh
eval "$(_CRAWLER_COMPLETE=bash_source crawler)"            # bash 4.4 or newer, in ~/.bashrc
eval "$(_CRAWLER_COMPLETE=zsh_source crawler)"             # zsh, in ~/.zshrc
_CRAWLER_COMPLETE=fish_source crawler | source             # fish, in ~/.config/fish/config.fish
```"""


def option(said: str, help_text: str) -> str:
    """One argument or option as a list entry."""
    said = plain(" ".join(said.split()))
    text = " ".join(help_text.split()).replace("<", "&lt;").replace("*", r"\*")
    return f"- `{said}`: {text}"


def text_of(text: str) -> list[str]:
    """Help as Markdown: what click is to leave in its columns is a block."""
    head, columns, block = inspect.cleandoc(text).partition("\b\n")
    title, _, lines = block.partition("\n")
    found = [*head.splitlines(), *([title, "", "```sh"] if columns else [])]
    for line in lines.splitlines():
        words = re.split(r"  +", line.strip(), maxsplit=1)
        found.append("  # ".join(words))
    return [*found, *(["```"] if columns else [])]


def described(command: Any, name: str, parent: Any, level: int) -> list[str]:
    """One command, and below it those that it holds."""
    context = command.make_context(name, [], parent=parent, resilient_parsing=True)
    lines = [
        f"{'#' * level} {context.command_path}",
        "",
        *text_of(command.help or ""),
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
    lines += [*text_of(command.epilog or ""), ""] if command.epilog else []
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
        *COMPLETION.splitlines(),
        "",
    ]
    page = "\n".join([*head, *described(program, "crawler", None, 2)]).rstrip() + "\n"
    return page.replace(f"crawler/{VERSION}", "crawler/VERSION")  # it must not change with each release
