"""``crawler status``: how far a crawl is, whether it lives or not."""

import json
import sys
from contextlib import suppress
from pathlib import Path

import click

from crawler.cli.common import Command, complain, examples, say, unread_is_no_error
from crawler.cli.named import crawl_to_read
from crawler.cli.serve import Port
from crawler.model.errors import UsageError

MOST_SECONDS = 3_600.0
"""Between two looks of --watch."""
EXAMPLES = examples(
    ("crawler status out", "how it stands"),
    ("crawler status out --watch", "again and again, until it has ended"),
    ("crawler status out --open", "its page in the browser, with a slider over its time"),
    ("crawler status out --errors", "what failed, and every page that links there"),
    ("crawler status --frontier postgresql://crawl@db/crawls --name example", ""),
    ("", "a crawl of several nodes: who is there, and who holds what"),
)


class Seconds(click.FloatRange):
    """A time; its name is what click says of a word that is none."""

    name = f"number of seconds from 0.1 to {MOST_SECONDS:.0f}"


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("out", metavar="[OUT]", required=False, help="The output folder; OUT@2 is its generation 2.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--hosts", is_flag=True, help="Every host: its limits, and how they were kept.")
@click.option("--errors", is_flag=True, help="Every URL that failed, and all pages that lead to it.")
@click.option(
    "--watch",
    metavar="[SECONDS]",
    type=Seconds(0.1, MOST_SECONDS),
    is_flag=False,
    flag_value="1",
    help="Show it as it goes, every so many seconds, until it has ended; 1 without a number.",
)
@click.option(
    "--open",
    "port",
    metavar="[PORT]",
    type=Port(0, 65_535),
    is_flag=False,
    flag_value="0",
    help="Serve its page on loopback and open it in the browser, until Ctrl-C; any free port without one.",
)
@click.option("--no-browser", is_flag=True, help="With --open: only print the page's URL.")
@click.option("--frontier", metavar="URL", help="The database of a crawl that nodes share, instead of OUT.")
@click.option("--name", metavar="NAME", help="That crawl's name.")
def status(
    out: str | None,
    as_json: bool,
    hosts: bool,
    errors: bool,
    watch: float | None,
    port: int | None,
    no_browser: bool,
    frontier: str | None,
    name: str | None,
) -> int:
    """Show how far the crawl in OUT is.

    Counts by state and host, and the oldest URL in flight; works while the crawl runs and after.
    --hosts says how politely each host was asked. --errors looks through the records for every page
    that links to a URL that failed, or to one that redirects to it.

    --watch shows the display of a crawl that runs elsewhere, on a terminal in place, else as lines (with
    --json as one object a line), and ends with the crawl. To leave it with Ctrl-C is no error: exit code 0.

    --open shows the page of the crawl as --dashboard does while it runs, of one that has ended or died too:
    how it stood at each moment.

    With --frontier and --name, a crawl of several nodes is shown as it stands in its database: the nodes,
    the parts of the crawl that each holds, pages/s over two seconds, the URL that is longest in flight.
    """
    _refuse_together(
        {"--open": port is not None, "--watch": watch is not None, "--hosts": hosts, "--errors": errors}
    )
    if port is not None and as_json:
        raise UsageError("--open shows a page: leave out --json")
    if no_browser and port is None:
        raise UsageError("--no-browser is for --open")
    if frontier is not None or name is not None:
        return _shared(
            out, frontier, name, as_json=as_json, more=hosts or errors or port is not None, watch=watch
        )
    if out is None:
        raise UsageError(
            "name the output folder of a crawl, or --frontier and --name of one that nodes share"
        )
    if watch is not None:
        return _watched(out, watch, as_json=as_json)
    if port is not None:
        return _opened(out, port, in_browser=not no_browser)
    return _in_folder(out, as_json=as_json, hosts=hosts, errors=errors)


def _refuse_together(given: dict[str, bool]) -> None:
    """--hosts and --errors go together, the others with nothing else."""
    found = [name for name, is_given in given.items() if is_given]
    if len(found) > 1 and found != ["--hosts", "--errors"]:
        raise UsageError(f"{found[0]} and {found[1]} are two ways to look at a crawl: give one of them")


def _in_folder(out: str, *, as_json: bool, hosts: bool, errors: bool) -> int:
    from crawler.frontier.view import open_view
    from crawler.watch.status import print_status

    name, generation = crawl_to_read(out)
    folder = Path(name)
    with open_view(folder, generation) as view, unread_is_no_error():
        if errors:
            from crawler.engine.broken_links import broken_links, has_records

            with broken_links(view, folder) as broken:
                print_status(
                    view, json=as_json, hosts=hosts, errors=broken, all_pages=has_records(view, folder)
                )
        else:
            print_status(view, json=as_json, hosts=hosts)
    return 0


def _watched(out: str, seconds: float, *, as_json: bool) -> int:
    from crawler.frontier.view import open_view
    from crawler.watch.status import print_status
    from crawler.watch.watching import watch

    name, generation = crawl_to_read(out)
    # The crawl goes on when its viewer leaves: only what stopped a crawl has an exit code of its own.
    with open_view(Path(name), generation) as view, unread_is_no_error(), suppress(KeyboardInterrupt):
        watch(view, seconds, json=as_json)
        if not as_json:
            print_status(view)
    return 0


def _opened(out: str, port: int, *, in_browser: bool) -> int:
    import time

    from crawler.frontier.view import open_view
    from crawler.view.live.history_server import serve_history, show_in_browser
    from crawler.watch.past import Past, past_of, without_history

    name, generation = crawl_to_read(out)
    folder = Path(name)

    def read() -> Past:
        with open_view(folder, generation) as view:
            return past_of(view, folder, time.time())

    def started(url: str) -> None:
        say(f"{url} shows {out}; end with Ctrl-C")
        if in_browser:
            show_in_browser(url)

    past = read()
    if past.is_live and (page := past.pictures[-1].page) is not None:
        say(f"{out} is being crawled, and has a live page: {page}")
        if in_browser:
            show_in_browser(page)
        return 0
    if not past.has_history:
        complain(without_history(folder))
    serve_history(lambda: read().pictures, port, started)
    return 0


def _shared(
    out: str | None,
    frontier: str | None,
    name: str | None,
    *,
    as_json: bool,
    more: bool,
    watch: float | None,
) -> int:
    from crawler.cli.typed_secrets import database
    from crawler.config import Config

    if out is not None:
        raise UsageError("OUT and --frontier are two ways to name a crawl: give one of them")
    if more:
        raise UsageError("--hosts, --errors and --open need OUT, the folder into which the crawl is gathered")
    values = {"cluster.frontier": frontier and database(frontier), "cluster.name": name}
    config = Config.load(None, {key: value for key, value in values.items() if value is not None})
    from crawler.cluster.live import live
    from crawler.cluster.live_view import show
    from crawler.frontier.postgresql.place import place_of

    if watch is not None:
        from crawler.cluster.live_watching import watch_live

        with unread_is_no_error(), suppress(KeyboardInterrupt):
            report = watch_live(place_of(config), watch, json=as_json)
            if not as_json:
                show(report)
        return 0
    report = live(place_of(config))
    with unread_is_no_error():
        if as_json:
            sys.stdout.write(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
        else:
            show(report)
    return 0
