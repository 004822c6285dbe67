"""The first rule that keeps a URL out of a crawl, found by the crawl's own settings and rules."""

from collections.abc import Sequence

from crawler.frontier.found import UrlRow
from crawler.model.outcomes import Purpose, State
from crawler.rules.scope import Scope
from crawler.rules.scope_why import beyond, outside
from crawler.view.explain.explanation import Explanation, KeptOut
from crawler.view.inspect.advice import of_scope
from crawler.write.reading import Naming

_PURPOSES = {
    Purpose.STYLESHEET: "a style sheet that pages load",
    Purpose.ASSET: "something that pages load, or name without linking to it",
    Purpose.EXTERNAL: "a link to another site",
    Purpose.PROBE: "a probe of how missing pages are answered",
}


def kept_out(
    told: Explanation,
    row: UrlRow | None,
    scope: Scope,
    namings: Sequence[Naming],
    redirecting: Sequence[str],
    pending: int,
    *,
    obey: bool,
) -> KeptOut:
    """Why the URL of ``told`` is not in the crawl, of which ``pending`` pages are still to be fetched.

    ``row`` is what the database has of it all the same; ``namings`` are links to it, ``redirecting`` pages
    that redirect to it; to ``obey`` robots is not to follow links that are marked as nofollow.
    """
    if row is not None and row.state is State.BEYOND and (deep := beyond(scope, row.depth)) is not None:
        return KeptOut(deep.key, deep.words, f"--max-depth {row.depth} takes it in")
    if row is not None:
        return KeptOut(
            "purpose",
            f"it was asked for as {_PURPOSES.get(row.purpose, row.purpose.name.lower())}, and not as a page",
        )
    if (why := outside(scope, told.url)) is not None:
        return KeptOut(why.key, why.words, of_scope(why.key, told.url))
    linking = [naming for naming in namings if naming.link == told.url]
    if redirecting and not linking:
        words = f"{redirecting[0]} redirects to it, and that was not followed: see why with crawler explain"
        return KeptOut("redirect", words)
    if linking and obey:
        pages = [naming for naming in linking if "nofollow" in naming.meta_robots]
        how = "by meta robots" if len(pages) == len(linking) else "by rel, meta robots or X-Robots-Tag"
        words = f"every link to it is marked as nofollow, {how}, as on {linking[0].page}"
        return KeptOut("nofollow", words, "--ignore-robots follows such links, too")
    if linking:
        return KeptOut("unknown", f"{linking[0].page} links to it, and nothing that is known keeps it out")
    return _of_no_link(told, pending)


def _of_no_link(told: Explanation, pending: int) -> KeptOut:
    if told.records_problem is not None:
        words = "it is in scope; whether a page links to it cannot be told"
        return KeptOut("unknown", f"{words}: {told.records_problem}")
    none = "no page that was read links to it"
    if pending:
        how = (
            "the crawl goes on"
            if told.crawl_state in ("running", "silent")
            else f"crawler resume {told.out} goes on"
        )
        if told.crawl_state == "finished":
            how = f"a limit ended the crawl; crawler resume {told.out} --max-pages N goes on, with a higher N"
        words = f"{none} so far, and {pending:,} pages are still to be fetched"
        return KeptOut("not yet", words, f"one of them may link to it: {how}")
    return KeptOut("not linked", none, "name it as a further seed, or in a sitemap")
