"""What the experiments say, in Chinese: a file for each, named as the experiment's own."""

from importlib import import_module
from importlib.util import find_spec

from crawler.lab.registry import EXPERIMENTS
from crawler.lab.translation import Translation


def chinese_of(name: str) -> Translation | None:
    """The Chinese texts of an experiment; None where nobody has written them yet."""
    module = f"{__name__}.{EXPERIMENTS[name][0].rpartition('.')[2]}"
    if find_spec(module) is None:
        return None
    translation: Translation = import_module(module).CHINESE
    return translation
