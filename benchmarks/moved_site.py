"""A script that moves a site's pages about as people do, and leaves links dead: with the truth about each.

For :mod:`mending`, and for the tests: ``Moved(files, seed)`` takes a site's files, each method is one way to
move them, and ``write(folder)`` writes what has come of it. Pages that move take their links along; of the
links that lead to what has moved, those on a third of the pages and on the lists of pages are put right, as
somebody would who found them, and the others are left dead.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from posixpath import dirname, join, normpath, relpath

LINK = re.compile(r'(\b(?:href|src)=")([^"#]*)((?:#[^"]*)?")')
ID = re.compile(r'(\bid=")([^"]+)(")')
SECTION = re.compile(r"(?=<section id=|<h2 id=)")
PARAGRAPH = re.compile(r"<p>(?!\s*<)[^<]{20,}")
TITLE = re.compile(r"(<title>)([^<]*)")
WORDS = [
    "amber",
    "basin",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "haven",
    "inlet",
    "jetty",
    "knoll",
    "ledge",
    "mesa",
    "north",
    "orbit",
    "pier",
]
REPLACED = 1 / 5
"""The part of the ids that are gone in whose place another section has come."""
KEPT = 1 / 3
"""The part of the pages on which links are put right."""


class Moved:
    """A site that is being moved."""

    def __init__(
        self,
        files: dict[str, str],
        seed: int,
        lists: tuple[str, ...] = ("index.html",),
        pairs: Sequence[str] = (),
    ) -> None:
        """``files``: text of each HTML file, by its path. ``lists`` stay, and all their links are right.

        ``pairs``: of two pages that are alike, see :mod:`alike_pages`, the first.
        """
        self._pairs = pairs
        self.files = dict(files)
        self.others: dict[str, str] = {}
        """Files that are no HTML: new paths by old ones, as far as they moved."""
        self.truth: dict[str, set[str]] = {}
        """Of each path that is dead now: where its page is; empty, it was deleted."""
        self.ids: dict[tuple[str, str], set[tuple[str, str]]] = {}
        """The same of ids, by the old path and id."""
        self._chance = random.Random(seed)
        self._lists = lists
        self._grown: set[str] = set()
        """Into which another page was merged."""
        self._from = {path: path for path in files}
        """Of each path, where its links are relative to."""

    def some(self, part: float, pages: list[str] | None = None) -> list[str]:
        """Pages that were not touched yet."""
        left = [path for path in (pages or sorted(self.files)) if self._is_left(path)]
        return sorted(self._chance.sample(left, round(part * len(left))))

    def _is_left(self, path: str) -> bool:
        is_there = path in self.files and path not in self._lists and path not in self._grown
        return is_there and self._from[path] == path

    def move(self, path: str, to: str) -> None:
        """One page; nothing where the place is taken."""
        if to in self.files or to == path:
            return
        self.files[to] = self.files.pop(path)
        self._from[to] = self._from.pop(path)
        self.truth[path] = {to}

    def rename(self, part: float) -> None:
        """Other names in the same folder: words added, left out, joined in another way, or quite others."""
        ways: list[Callable[[str], str]] = [
            lambda name: f"{name}-guide",
            lambda name: f"the-{name}",
            lambda name: re.sub(r"[-_.]", lambda found: {"-": "_", "_": "-", ".": "-"}[found[0]], name),
            lambda name: name.title(),
            lambda name: re.split(r"[-_.]", name)[-1],
            lambda _: f"{self._chance.choice(WORDS)}-{self._chance.choice(WORDS)}",
            lambda name: f"{name}s",
        ]
        for path in self.some(part):
            old = PurePosixPath(path)
            self.move(path, str(old.with_name(self._chance.choice(ways)(old.stem) + old.suffix)))

    def scatter(self, part: float) -> None:
        """Single pages into other folders, with their names."""
        folders = sorted({dirname(path) for path in self.files})
        for path in self.some(part):
            self.move(path, join(self._chance.choice([*folders, "archive"]), PurePosixPath(path).name))

    def move_folders(self, part: float, deleted: float = 0.1) -> None:
        """Whole folders, of which a few pages are deleted on the way."""
        pages = Counter(dirname(path) for path in self.files if "/" in path)
        folders = sorted(folder for folder, count in pages.items() if count >= 3)
        for folder in self._chance.sample(folders, max(1, round(part * len(folders)))):
            inside = [path for path in sorted(self.files) if path.startswith(f"{folder}/")]
            self.delete(deleted, inside)
            name = self._chance.choice(
                [f"{folder}-2", join("docs", folder), f"new/{self._chance.choice(WORDS)}"]
            )
            for path in self.some(1, inside):
                self.move(path, name + path.removeprefix(folder))

    def resuffix(self, part: float) -> None:
        """Another suffix, or a folder of its own with an index."""
        for path in self.some(part):
            stem = path.removesuffix(".html")
            self.move(path, self._chance.choice([f"{stem}.htm", f"{stem}/index.html"]))

    def edit(self, part: float) -> None:
        """Of what has moved: sentences added and words changed, on every second page the title as well."""
        for path in sorted(self.files):
            if self._from[path] != path and self._chance.random() < part:
                text = PARAGRAPH.sub(lambda found: f"{found[0]} {self._sentence()}", self.files[path], 3)
                if self._chance.random() < 0.5:
                    text = TITLE.sub(lambda found: f"{found[1]}{self._sentence()}", text, 1)
                self.files[path] = text

    def rewrite(self, part: float) -> None:
        """Of what has moved, so much is new that nothing is left by which it is known but its name."""
        for path in sorted(self.files):
            if self._from[path] != path and self._chance.random() < part:
                text = PARAGRAPH.sub(lambda _: f"<p>{self._sentence()}", self.files[path])
                text = TITLE.sub(lambda found: f"{found[1]}{self._sentence()}", text, 1)
                self.files[path] = ID.sub(lambda _: f'id="{self._sentence()[:-1].replace(" ", "-")}"', text)

    def _sentence(self) -> str:
        return " ".join(self._chance.choices(WORDS, k=4)).capitalize() + "."

    def delete(self, part: float, pages: list[str] | None = None) -> None:
        """For good."""
        for path in self.some(part, pages):
            del self.files[path], self._from[path]
            self.truth[path] = set()

    def delete_pairs(self) -> None:
        """The first one of every pair, for good."""
        self.delete(1, [*self._pairs])

    def merge(self, part: float) -> None:
        """Two pages of a folder become one of them."""
        for path in self.some(part):
            near = [one for one in sorted(self.files) if dirname(one) == dirname(path) and one != path]
            near = [one for one in near if self._is_left(one)]
            if not near or not self._is_left(path):
                continue
            other = self._chance.choice(near)
            body = self.files.pop(path).partition("<body")[2].partition(">")[2].rpartition("</body>")[0]
            del self._from[path]
            self.files[other] = self.files[other].replace("</body>", f"{body}</body>")
            self._grown.add(other)
            self.truth[path] = {other}

    def split(self, part: float) -> None:
        """The second half of a page's sections goes to a page of its own; the page stays, or is renamed."""
        for path in self.some(part):
            head, *sections = SECTION.split(self.files[path])
            if len(sections) < 4:
                continue
            half = len(sections) // 2
            second = str(
                PurePosixPath(path).with_name(f"{PurePosixPath(path).stem}-{self._chance.choice(WORDS)}.html")
            )
            if second in self.files:
                continue
            gone = "".join(sections[half:])
            self.files[path] = head + "".join(sections[:half]) + "</body></html>"
            self.files[second] = (
                TITLE.sub(rf"\g<1>{self._sentence()}", head.partition("<body")[0], 1) + f"<body>{gone}"
            )
            self._from[second] = path
            here = {found[1] for found in ID.findall(self.files[path])}
            for _, anchor, _ in ID.findall(gone):
                if anchor not in here:
                    self.ids[path, anchor] = {(second, anchor)}

    def change_ids(self, part: float, deleted: float = 0.2) -> None:
        """Of a page's ids, some are written in another way, some are others, some are gone for good."""
        ways: list[Callable[[str], str]] = [
            lambda name: re.sub(r"[-_.]", lambda found: {"-": "_", "_": "-", ".": "-"}[found[0]], name),
            lambda name: name.swapcase(),
            lambda name: f"{name}s",
            lambda name: f"section-{name}",
            lambda _: f"{self._chance.choice(WORDS)}-{self._chance.choice(WORDS)}",
        ]
        for path in sorted(self.files):
            if path in self._lists or self._from[path] != path:
                continue
            there = {found[1] for found in ID.findall(self.files[path])}

            def change(found: re.Match[str], path: str = path, there: set[str] = there) -> str:
                if self._chance.random() >= part:
                    return found[0]
                if self._chance.random() < deleted:
                    self.ids[path, found[2]] = set()
                    if self._chance.random() < REPLACED:
                        return f"{found[1]}{self._sentence()[:-1].replace(' ', '-')}{found[3]}"
                    return f'data-was="{found[2]}"'
                new = self._chance.choice(ways)(found[2])
                if new in there:
                    return found[0]
                there.add(new)
                self.ids[path, found[2]] = {(path, new)}
                return f"{found[1]}{new}{found[3]}"

            self.files[path] = ID.sub(change, self.files[path])

    def mistype(self, part: float) -> None:
        """Links to what is there, with a slip of the fingers: they were never well."""
        for path in sorted(self.files):
            if path not in self._lists:
                self.files[path] = LINK.sub(
                    lambda found, path=path: self._slip(path, found, part), self.files[path]
                )

    def _slip(self, path: str, found: re.Match[str], part: float) -> str:
        target = normpath(join(dirname(self._from[path]), found[2]))
        name = PurePosixPath(found[2]).stem
        if target not in self.files or len(name) < 4 or self._chance.random() >= part:
            return found[0]
        at = self._chance.randrange(1, len(name))
        slips = [
            name[:at] + name[at + 1 :],
            name[:at] + self._chance.choice("abelnorst") + name[at:],
            name.upper(),
        ]
        slips += [name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :], re.sub("[-_]", "", name)]
        wrong = str(PurePosixPath(found[2]).with_name(f"{self._chance.choice(slips)}.html"))
        there = normpath(join(dirname(self._from[path]), wrong))
        if there in self.files or there in self.truth or there in self._from.values():
            return found[0]
        self.truth[there] = {target}
        return f"{found[1]}{wrong}{found[3]}"

    def write(self, folder: Path) -> None:
        """All pages, below ``folder``."""
        for path, text in sorted(self.files.items()):
            right = path in self._lists or self._chance.random() < KEPT
            here = self._from[path]
            made = LINK.sub(lambda found: self._link(path, here, found, right=right), text)  # noqa: B023
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(made, encoding="utf-8", errors="surrogateescape")

    def _link(self, path: str, here: str, found: re.Match[str], *, right: bool) -> str:
        if not found[2] or re.match(r"[a-z]+:|//", found[2], re.I):
            return found[0]
        is_rooted = found[2].startswith("/")
        target = normpath(join("" if is_rooted else dirname(here), found[2].lstrip("/")))
        mark, fragment = "", found[3]
        if "?" in target:
            target, _, mark = target.partition("?")
        if right and len(place := self.ids.get((target, fragment[1:-1]), set())) == 1:
            ((target, anchor),) = place
            fragment = f'#{anchor}"'
        elif right and len(there := self.truth.get(target, set())) == 1:
            (target,) = there
        if found[2].endswith("/"):
            target += "/"
        written = f"/{target}" if is_rooted else relpath(target, dirname(path) or ".")
        return f"{found[1]}{written}{f'?{mark}' if mark else ''}{fragment}"
