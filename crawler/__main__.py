"""``python -m crawler`` and the ``crawler`` script; light, since child processes import it too."""

import sys


def main() -> int:
    """Run the program with the arguments of this process; returns its exit code."""
    try:
        from crawler.cli.app import main as program

        return program()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
