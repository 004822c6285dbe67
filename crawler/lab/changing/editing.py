"""What is done to the site between one stage and the next.

Every stage does a little of everything, to pages that answer in each of the ways: a crawler that takes one of
them for another is wrong somewhere.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from random import Random

from crawler.lab.changing.page import Cosmetic, Page, Serves, new_page
from crawler.lab.changing.stage import LONG, SHORT, Act, Edit, Stage, reached
from crawler.lab.changing.words import paragraph, sentence, title_of, word

_HONEST = tuple(way for way in Serves if way.is_honest)


class Editor:
    """Makes one stage of the one before."""

    def __init__(self, before: Stage, chance: Random, free: Iterator[str]) -> None:
        self.stage = before.number + 1
        self.pages = dict(before.pages)
        self.edits: list[Edit] = []
        self._chance, self._free = chance, free
        linked = reached(before.pages)
        well = [page for page in before.pages.values() if _is_leaf(page) and page.path in linked]
        chance.shuffle(well)
        self._untouched = [page for page in well if page.status == 200]
        """Each is edited once in a stage, so that the difference is that edit's."""

    def edit(self) -> None:
        """Everything."""
        self._bring_back()
        self._unlink()
        for way in Serves:
            self._text(self._take(way))
            if way is not Serves.STUCK:
                self._cosmetic(self._take(way))
        self._fail(Act.NOT_MODIFIED, 304, self._take(Serves.NOTHING))
        for act in (Act.TITLE, Act.CANONICAL):
            self._head(act, self._take(*_HONEST))
        for act in (Act.LINK_ADDED, Act.LINK_REMOVED, Act.LINK_LEADS):
            self._links(act, self._take(*_HONEST, links=2))
        for act in (Act.MOVED, Act.MOVED_FOR_GOOD, Act.REDIRECTED):
            listed = {link for page in self.pages.values() if _is_section(page) for link in page.links}
            self._move(act, self._take(*_HONEST, but=self.pages.keys() - listed))
        self._delete(Act.DELETED, 404, self._take(*_HONEST))
        self._delete(Act.DELETED_FOR_GOOD, 410, self._take(*_HONEST))
        self._fail(Act.FAILING, 503, self._take(*_HONEST))
        for _ in range(3):
            self._add()
        self._retarget()

    def _take(self, *ways: Serves, links: int = 0, but: Collection[str] = ()) -> Page:
        """A page that is as it was in the last stage, answers in one of these ways, and has so many links.

        None of ``but``; and of the way that can spare one best, so that none runs out.
        """
        left = Counter(page.serves for page in self._untouched)
        fitting = [
            page
            for page in self._untouched
            if page.serves in ways and len(page.links) >= links and page.path not in but
            and self.pages[page.path] == page
        ]  # fmt: skip
        page = max(fitting, key=lambda page: left[page.serves])
        self._untouched.remove(page)
        return page

    def _put(self, act: Act, page: Page, to: str | None = None) -> None:
        self.pages[page.path] = page
        self.edits.append(Edit(act, page.path, to))

    def _bring_back(self) -> None:
        for page in list(self.pages.values()):
            if page.status in (503, 304):
                self._put(Act.BACK, page.edited(self.stage, status=200))

    def _text(self, page: Page) -> None:
        act = self._chance.choice((Act.WORD, Act.SENTENCE, Act.PARAGRAPH))
        at = self._chance.randrange(len(page.paragraphs))
        sentences = list(page.paragraphs[at])
        if act is Act.WORD:
            words = sentences[0].split()
            which = self._chance.randrange(len(words))
            words[which] = f"un{words[which].lower()}"
            sentences[0] = " ".join(words)
        else:
            sentences.append(sentence(9, self._chance))
        paragraphs = list(page.paragraphs)
        if act is Act.PARAGRAPH:
            paragraphs.insert(at, paragraph(40, self._chance))
        else:
            paragraphs[at] = tuple(sentences)
        self._put(act, page.edited(self.stage, paragraphs=tuple(paragraphs)))

    def _cosmetic(self, page: Page) -> None:
        kinds = list(Cosmetic)
        kind = kinds[(len(self.edits) + self.stage) % len(kinds)]
        self._put(Act.COSMETIC, page.edited(self.stage, look=(kind, self.stage)))

    def _head(self, act: Act, page: Page) -> None:
        if act is Act.TITLE:
            page = page.edited(self.stage, title=f"{page.title} and {word(self._chance)}")
        else:
            page = page.edited(self.stage, canonical=self._other(page))
        self._put(act, page)

    def _links(self, act: Act, page: Page) -> None:
        to = self._other(page)
        if act is Act.LINK_ADDED:
            page = page.linking(self.stage, to, title_of(to))
        elif act is Act.LINK_REMOVED:
            page = page.unlinking(self.stage, page.links[0])
        else:
            page = page.edited(self.stage, links=(to, *page.links[1:]))
        self._put(act, page)

    def _other(self, page: Page) -> str:
        """Where a page may lead that it does not lead to yet."""
        linked = sorted(reached(self.pages) - {page.path, page.canonical, *page.links})
        return self._chance.choice(linked)

    def _move(self, act: Act, page: Page) -> None:
        to = f"{_section_of(page.path)}{next(self._free)}"
        moved = page.edited(self.stage, path=to)
        if self._chance.random() < 0.5:
            moved = moved.edited(self.stage, look=(Cosmetic.COUNTER, self.stage))
        self.pages[to] = moved
        if act is Act.REDIRECTED:
            self._put(act, Page(page.path, status=301, to=to), to)
            return
        self._put(act, Page(page.path, status=404 if act is Act.MOVED else 410), to)
        section = self.pages[_section_of(page.path)]
        links = tuple(to if link == page.path else link for link in section.links)
        self.pages[section.path] = section.edited(self.stage, links=links)

    def _delete(self, act: Act, status: int, page: Page) -> None:
        self._put(act, Page(page.path, status=status))

    def _unlink(self) -> None:
        """First of all: it changes the pages that have linked there."""
        kept = {link for page in self.pages.values() if not page.serves.is_honest for link in page.links}
        page = self._take(*_HONEST, but=kept)
        for other in list(self.pages.values()):
            if page.path in other.links:
                self.pages[other.path] = other.unlinking(self.stage, page.path)
            elif other.to == page.path:
                self.pages[other.path] = other.edited(self.stage, to=_section_of(page.path))
        self.edits.append(Edit(Act.UNLINKED, page.path))

    def _fail(self, act: Act, status: int, page: Page) -> None:
        self._put(act, page.edited(self.stage, status=status))

    def _add(self) -> None:
        section = self._chance.choice([page for page in self.pages.values() if _is_section(page)])
        path = f"{section.path}{next(self._free)}"
        way, words = self._chance.choice(list(Serves)), self._chance.randint(SHORT, LONG)
        page = new_page(path, words, way, self._chance, self.stage)
        self._put(Act.NEW, page.linking(self.stage, "/", "Start"))
        self.pages[section.path] = section.linking(self.stage, path, title_of(path))

    def _retarget(self) -> None:
        page = self._chance.choice([page for page in self.pages.values() if page.status == 302])
        section = self.pages[_section_of(page.path)]
        well = [
            link for link in section.links if self.pages[link].status == 200 and link not in (page.to, "/")
        ]
        to = self._chance.choice(well)
        self._put(Act.TARGET, page.edited(self.stage, to=to), to)


def _section_of(path: str) -> str:
    return f"{path.rpartition('/')[0]}/"


def _is_section(page: Page) -> bool:
    return page.path.endswith("/") and page.path != "/"


def _is_leaf(page: Page) -> bool:
    return not page.path.endswith("/") and page.to is None
