"""The program's version, which pyproject.toml reads here: asking the installed package would take 10 ms."""

VERSION = "0.1.0"
