"""What an experiment's Chinese texts say to figures, for tests."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from crawler.lab.chinese import chinese_of
from crawler.lab.chinese.common import WORDS
from crawler.lab.finding import Table
from crawler.lab.translation import untranslated


def because(name: str, figures: Mapping[str, Any]) -> str:
    """What decides it, in Chinese; figures as ``--json`` has them."""
    return chinese_of(name).because(json.loads(json.dumps(figures)))


def english_in(name: str, tables: Iterable[Table], notes: Iterable[str] = ()) -> list[str]:
    """What stays English of these tables and notes, though nobody said that it shall."""
    finding = {"tables": [asdict(table) for table in tables], "notes": list(notes)}
    return untranslated(chinese_of(name), finding, WORDS)
