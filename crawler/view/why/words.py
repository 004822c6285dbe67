"""What limits a crawl, in plain words, as ``crawler trace OUT --why`` prints it."""

from crawler.view.why.changes import Change
from crawler.view.why.verdict import FITS, Why
from crawler.watch.words import counted

_NAMED = 3
"""URLs that a sentence names."""
_SAME = 0.05
"""A change by less than this is none."""


def headline(judgement: Why) -> str:
    """What limits it, in one sentence or two."""
    why = judgement
    said = {
        "too short": f"This crawl is too short to say: {counted(why.urls, 'URL')} in {why.seconds:.1f} s.",
        "disk": (
            f"The disk limits this crawl: writers are busy for {_share(why.writer_busy)} of the time, commits"
            f" for {_share(why.commit_busy)}, and what is before them waits for {_share(why.held_by_writer)}."
        ),
        "parsers": (
            f"The parsers limit this crawl: {_parsers(why)} for {_share(why.parsers_busy)} of the time, and"
            f" pages wait for them."
        ),
        "loop": (
            f"The event loop of the main process limits this crawl: it computes for {_share(why.loop)} of the"
            " time, on the one core that it can use."
        ),
        "cores": (
            f"The machine limits this crawl: what it runs takes {_share(why.cores_busy)} of its"
            f" {counted(why.cores, 'core')}."
        ),
        "held": (
            f"The live page limits this crawl: {held(why)}, while places were free for"
            f" {_share(why.turns.held)} of it."
        ),
        "again": _again(why),
        "politeness": (
            f"Politeness limits this crawl: for {_share(why.turns.kept_back + why.turns.resting)} of the time"
            " places were free and URLs known, but their hosts' limits, delays or rests kept them back."
        ),
        "links": (
            f"The site limits this crawl: for {_share(why.turns.nothing_known)} of the time places were free,"
            " and no page had named a URL that was not asked for already."
        ),
        "network": (
            f"The network limits this crawl: for {_share(why.turns.taken)} of the time all"
            f" {counted(why.at_once, 'place')} were taken, by answers that take"
            f" {_time(why.means['network'])} each, while there was room behind them."
        ),
    }
    if why.is_clear:
        return said[why.limit]
    busiest = {"parsers": "the parsers", "loop": "the event loop", "cores": "the machine's cores"}
    return f"Nothing alone limits this crawl; {busiest[why.limit]} are busiest.".replace(
        "loop are", "loop is"
    )


def figures(judgement: Why) -> list[tuple[str, str, str]]:
    """What was busy for how much of the time, and what that means: name, share, words."""
    why = judgement
    turns = why.turns
    return [
        ("event loop", _share(why.loop), "computing, of one core"),
        ("parsers", _share(why.parsers_busy), f"at a page, {counted(why.parsers, 'parser')}"),
        ("cores", _share(why.cores_busy), f"of {why.cores}, all that the crawl computes"),
        ("writers", _share(why.writer_busy), "writing and syncing"),
        ("commits", _share(why.commit_busy), "of the frontier's store"),
        ("places taken", _share(turns.taken), f"all {why.at_once} at the network or at what follows it"),
        ("kept back", _share(turns.kept_back), "places free, URLs known: their hosts' limits or rests"),
        (
            "resting",
            _share(turns.resting),
            "the same, and nothing was asked for: the host rests after an answer",
        ),
        ("held", _share(turns.held), "places free, but the live page allowed no more requests"),
        ("behind", _share(turns.behind), "places free, no URL left to ask for, but pages to be parsed"),
        ("tried again", _share(turns.again), "places free, only URLs left that failed and are tried again"),
        ("nothing known", _share(turns.nothing_known), "places free, no URL left to ask for"),
        ("held by parsers", _share(why.held_by_parsers), "fetchers with a page that no parser took"),
        ("held by writers", _share(why.held_by_writer), "fetchers and parsers with a record"),
    ]


def where_urls_are(judgement: Why) -> str:
    """Mean times of one URL by where it is."""
    return " · ".join(f"{name.replace('_', ' ')} {_time(mean)}" for name, mean in judgement.means.items())


def changes(judgement: Why) -> str:
    """``2 parsers: 1.7 × · 64 at once: 1.0 ×``; what cannot be run on the machine has an asterisk."""
    return " · ".join(_change(change) for change in judgement.changes)


def notes(judgement: Why) -> list[str]:
    """How far the predictions can be trusted."""
    if judgement.fits is None:
        return []
    found = [
        f"Predicted by a replay of the recorded times of {counted(judgement.replayed, 'URL')};"
        f" replayed as it ran, the crawl takes {judgement.fits:.2f} times as long as it did."
    ]
    if judgement.allowed and judgement.limit != "held":
        found.append(f"Mind that {held(judgement)}.")
    if judgement.replayed < judgement.urls:
        found.append("Those are its first; the rest may differ.")
    if any(change.extrapolated for change in judgement.changes):
        cores = counted(judgement.cores, "core")
        found.append(f"* extrapolated: it cannot be run on this machine, which has {cores}.")
    if judgement.is_disturbed:
        found.append(
            f"Parsers had a core for {_share(judgement.parsers_computing or 0.0)} of the time that they were"
            " at a page, and the crawl itself did not take them all: another program used this machine."
        )
    if judgement.is_doubtful:
        found.append(
            f"That is more than {FITS:.0%} off: something that the replay does not know took the time"
            " (rests of a host, another program, a slow start), so its predictions are doubtful."
        )
    return found


def held(judgement: Why) -> str:
    """``it was held at 2 requests at once from its page for 80% of the time, and paused for 5%``."""
    said = []
    for each in judgement.allowed:
        requests = f"held at {counted(each.at_once, 'request')} at once from its page"
        said.append(f"{requests if each.at_once else 'paused'} for {_share(each.share)} of the time")
    return f"it was {' and '.join(said)}"


def best(judgement: Why) -> str | None:
    """What would help most, of what can be run here; None where nothing would by much."""
    if judgement.limit == "again":
        return (
            "What would help: --retries 0, with which these URLs fail at their first answer, or a smaller"
            " fetch.backoff. Neither shortens a rest that a host asks for with 429 or 503."
        )
    if judgement.limit == "held" and judgement.allowed[0].at_once == 0:
        return "What would help: not to pause it."
    here = [change for change in judgement.changes if not change.extrapolated]
    most = max(here, key=lambda change: change.speed, default=None)
    if most is None:
        return None
    if most.speed < 1.0 + _SAME:
        return "None of these settings would make it faster on this machine."
    return f"What would help most here: {most.name}, {most.speed:.1f} times as fast."


def _change(change: Change) -> str:
    return f"{change.name}: {change.speed:.1f} ×{'*' * change.extrapolated}"


def _again(why: Why) -> str:
    """The sentence about few URLs that the crawl waited for."""
    turns, whose = why.turns, "its" if why.waits_again == 1 else "their"
    parts = {"nothing else was left": turns.again, f"{whose} host rested after a 429 or 503": turns.resting}
    most = [f"{each.url} for {_time(each.seconds)}, {each.attempts} attempts" for each in why.again[:_NAMED]]
    return (
        f"Waiting to try again limits this crawl: for {_share(turns.again + turns.resting)} of the time it"
        f" waited for the next attempt of {counted(why.waits_again, 'URL')}, since"
        f" {' or '.join(f'{name} ({_share(share)})' for name, share in parts.items() if share)}:"
        f" {'; '.join(most)}{'; …' if why.waits_again > _NAMED else ''}."
    )


def _parsers(why: Why) -> str:
    return "the only one is busy" if why.parsers == 1 else f"all {why.parsers} are busy"


def _share(share: float) -> str:
    return f"{share:.0%}"


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"
