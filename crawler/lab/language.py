"""The languages that the lab speaks: English, in which it is written, and those it is translated into."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from crawler.lab import labels, lessons, registry
from crawler.lab.chinese import chinese_of
from crawler.lab.chinese.common import WORDS
from crawler.lab.finding import Finding
from crawler.lab.labels import Labels
from crawler.lab.lesson import Lesson
from crawler.lab.translation import Translation


@dataclass(frozen=True, slots=True)
class Language:
    """One language: all that a reader reads, in it. What is not translated stays English."""

    code: str
    """As ``--language`` has it."""
    labels: Labels
    translation_of: Callable[[str], Translation | None]
    """Of an experiment's name; None where there is nothing to translate, or no translation."""
    words: Mapping[str, str]
    """Words that several experiments use: in tables, and of why they are not possible."""

    def about(self, name: str) -> str:
        """What an experiment is about, in a few words."""
        translation = self.translation_of(name)
        return registry.EXPERIMENTS[name][1] if translation is None else translation.about

    def finding(self, name: str, finding: Finding) -> Finding:
        """What an experiment found."""
        translation = self.translation_of(name)
        return finding if translation is None else translation.finding(finding, self.words)

    def reason(self, name: str, reason: str) -> str:
        """Why an experiment is not possible here, of which it says ``reason`` in English."""
        translation = self.translation_of(name)
        return (translation.word(reason, self.words) if translation is not None else None) or reason

    def lesson(self, name: str) -> Lesson:
        """The lesson of an experiment."""
        translation, lesson = self.translation_of(name), lessons.lesson_of(name)
        return lesson if translation is None else translation.lesson(lesson)

    def why(self, name: str) -> str:
        """Why it is so, in reStructuredText."""
        translation = self.translation_of(name)
        return lessons.why(name) if translation is None else translation.why


def _not_translated(_name: str) -> None:
    return None


ENGLISH = Language("en", labels.ENGLISH, _not_translated, {})
CHINESE = Language("zh", labels.CHINESE, chinese_of, WORDS)
LANGUAGES = {language.code: language for language in (ENGLISH, CHINESE)}
