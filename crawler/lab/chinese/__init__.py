"""What the experiments say, in Chinese: a file for each, named as the experiment's own."""

from importlib import import_module

from crawler.lab.registry import EXPERIMENTS
from crawler.lab.translation import Translation


def chinese_of(name: str) -> Translation:
    """The Chinese texts of an experiment."""
    stem = EXPERIMENTS[name][0].rpartition(".")[2]
    translation: Translation = import_module(f"{__name__}.{stem}").CHINESE
    return translation
