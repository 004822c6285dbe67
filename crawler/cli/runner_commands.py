"""What a runner of GitHub Actions would take for a command, in a line that quotes what a site says."""

import os


def without_commands(line: str) -> str:
    """``line``; in a step of GitHub Actions with no ``##[`` in it, which is a command wherever it stands."""
    return line.replace("##[", "## [") if os.environ.get("GITHUB_ACTIONS") else line
