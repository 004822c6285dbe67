"""What a runner of GitHub Actions would take for a command, in a line that quotes what a site says.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

import os
import re

_BEGINS_ONE = re.compile(r"^(\s*)::")


def without_commands(line: str) -> str:
    """``line``; in a step of GitHub Actions with a blank in what makes it a command.

    That is ``##[`` wherever it stands, and ``::`` where the line begins with it, but for blanks.
    """
    if not os.environ.get("GITHUB_ACTIONS"):
        return line
    return _BEGINS_ONE.sub(r"\1: :", line.replace("##[", "## ["))
