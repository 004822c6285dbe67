"""In which ways :mod:`mending` has a site moved, one after the other."""

from collections.abc import Callable

from moved_site import Moved


def renamed(site: Moved) -> None:
    """Single pages have other names."""
    site.rename(0.15)
    site.delete(0.05)


def folders(site: Moved) -> None:
    """Folders, and some single pages, are elsewhere."""
    site.move_folders(0.3)
    site.scatter(0.05)
    site.delete(0.03)


def edited(site: Moved) -> None:
    """What has moved has other text as well, and often another title."""
    site.rename(0.1)
    site.scatter(0.1)
    site.edit(0.9)
    site.delete(0.05)


def rewritten(site: Moved) -> None:
    """What has moved is written anew."""
    site.rename(0.1)
    site.scatter(0.1)
    site.move_folders(0.15)
    site.rewrite(0.9)
    site.delete(0.05)


def suffixes(site: Moved) -> None:
    """Pages have another suffix, or a folder of their own."""
    site.resuffix(0.2)
    site.delete(0.05)


def merged(site: Moved) -> None:
    """Pages become one, or two."""
    site.merge(0.05)
    site.split(0.1)
    site.delete(0.03)


def ids(site: Moved) -> None:
    """Ids are written in another way, are others, or gone."""
    site.change_ids(0.05)


def slips(site: Moved) -> None:
    """Links are mistyped."""
    site.mistype(0.003)
    site.delete(0.03)


def deleted(site: Moved) -> None:
    """Pages are gone, and nothing has moved."""
    site.delete(0.15)


def one_of_two(site: Moved) -> None:
    """Of two pages that are alike, one is gone."""
    site.delete_pairs()


WAYS: tuple[Callable[[Moved], None], ...] = (
    renamed,
    folders,
    edited,
    rewritten,
    suffixes,
    merged,
    ids,
    slips,
    deleted,
    one_of_two,
)
