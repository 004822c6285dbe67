"""An inspection as people read it: in the order in which the decisions were taken. Imports rich."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawler.view.inspect.inspection import Asked, Inspection, RobotsSeen, UrlSeen
from crawler.view.inspect.page_words import SHOWN, Row, of_page, show_extract, show_links
from crawler.watch.words import visible


def show(seen: Inspection, console: Console | None = None, *, most_links: int | None = SHOWN) -> None:
    """Print it; of the links so many at most, with None all of them."""
    if console is None:
        console = Console(highlight=False)
        if not console.is_terminal:
            console.width = 1_000  # nothing is cut or broken for a program that reads it
    before: UrlSeen | None = None
    for one in seen.way:
        console.print(Text(visible(one.url), style="bold"), soft_wrap=True)
        from_redirect = [("from", Text("the redirect; a URL of its own to a crawl"))]
        console.print(_grid([*(from_redirect if before else _of_text(seen)), *_of_url(one, before)]))
        console.print()
        before = one
    if seen.page is not None:
        console.print(Text("the page", style="bold"))
        console.print(_grid(of_page(seen.page, seen.way[-1].url)))
        console.print()
        show_links(seen.page.links, console, most_links)
        if seen.page.extract is not None:
            show_extract(seen.page.extract, console)
    console.print(Text("microseconds", style="bold"))
    console.print(_steps(seen))
    console.print()
    console.print(_verdict(seen), soft_wrap=True)
    for line in seen.advice:
        console.print(Text(f"  {line}"), soft_wrap=True)


def _grid(rows: Iterable[Row]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", min_width=10, no_wrap=True)
    grid.add_column(overflow="fold")
    before = None
    for name, value in rows:
        grid.add_row(f"  {name}" if name != before else "", value)
        before = name
    return grid


def _of_text(seen: Inspection) -> list[Row]:
    rows = [("given", Text(visible(seen.given))), *(("given", Text(each, "yellow")) for each in seen.changes)]
    if not seen.changes:
        rows = [("given", Text("it is as the URL standard writes it"))]
    if seen.proxy is not None:
        rows.append(("proxy", Text(f"{seen.proxy} is asked instead, and looks the host up")))
    return rows


def _of_url(one: UrlSeen, before: UrlSeen | None) -> list[Row]:
    """``before`` is what redirected to it."""
    rows = [("scope", _scope(one))]
    if one.addresses_failed is not None:
        rows.append(("address", Text(one.addresses_failed, style="red")))
    for address in one.addresses:
        style, words = ("", "may be connected to") if address.allowed else ("red", "may not be connected to")
        why = f" ({visible(address.reason)})" if address.reason else ""
        rows.append(("address", Text(f"{address.address}: {words}{why}", style)))
    if one.robots is not None:
        rows += [("robots", text) for text in _robots(one.robots)]
    if one.waited_us >= 1_000:
        rows.append(("politeness", Text(f"waited {one.waited_us / 1e6:.1f} s for its turn")))
    for asked in one.requests:
        if asked.purpose == "page":
            rows += _of_request(asked, before)
    if one.redirects_to is not None:
        rows.append(("redirect", Text(f"to {visible(one.redirects_to)}")))
    return rows


def _scope(one: UrlSeen) -> Text:
    scope = one.scope
    if scope.in_scope:
        why = scope.reason or "its origin is one of the crawl's, and no pattern keeps it out"
        return Text(f"in it: {'a seed; and ' if scope.is_seed else ''}{visible(why)}")
    if scope.is_seed:
        words = f"a seed, so it is asked for; a link to it would not be followed: {scope.reason}"
        return Text(visible(words), style="yellow")
    head = "too deep" if scope.key == "scope.max_depth" else "out of it"
    return Text(f"{head}: {visible(scope.reason or '')}", style="red")


def _robots(seen: RobotsSeen) -> list[Text]:
    if not seen.obeyed:
        return [Text("not obeyed (robots.obey = false)", style="yellow")]
    if seen.failure is not None:
        return [Text(f"could not be had, so nothing may be fetched: {visible(seen.failure)}", style="red")]
    answered = f"{visible(seen.url)} was answered with {seen.status}"
    if seen.status is None or seen.status == 429 or not 200 <= seen.status < 500:
        return [Text(f"{answered}, so nothing may be fetched", style="red")]
    if seen.status >= 300:
        return [Text(f"{answered}: there is none, so everything is allowed")]
    if seen.agent is None:
        return [Text(f"{answered}: it names nobody whom we are, so everything is allowed")]
    lines = [Text(f"{answered}; User-agent: {visible(seen.agent)} is meant for us")]
    if seen.line is None:
        lines.append(Text("allowed: no rule matches"))
    else:
        word, style = ("allowed", "") if seen.allowed else ("forbidden", "red")
        lines.append(Text(f"{word} by line {seen.line}: {visible(seen.text or '')}", style))
    if seen.crawl_delay is not None:
        lines.append(Text(f"Crawl-delay: {seen.crawl_delay:g} s between two requests"))
    return lines


def _of_request(asked: Asked, before: UrlSeen | None) -> list[Row]:
    rows: list[Row] = []
    if asked.peer is not None or asked.protocol is not None:
        rows.append(("connection", Text(", ".join(filter(None, (asked.protocol, asked.peer))))))
    if (tls := asked.tls) is not None:
        ends = f"valid until {tls.certificate_ends}" if tls.verified else "any certificate is trusted"
        signed = f", signed by {visible(tls.issuer)}" if tls.issuer else ""
        style = "" if tls.verified else "yellow"
        rows.append(("TLS", Text(f"{tls.version}, {tls.cipher}; {ends}{signed}", style)))
    if (
        before is not None
        and before.requests
        and before.requests[-1].request_headers == asked.request_headers
    ):
        rows.append(("request", Text("with the same headers", style="dim")))
    else:
        rows += [("request", _header(*header)) for header in asked.request_headers]
    if asked.status is not None:
        rows.append(("answer", Text(str(asked.status), "green" if asked.status < 300 else "yellow")))
    rows += [("answer", _header(*header)) for header in asked.headers]
    if asked.message is not None:
        rows.append(("failed", Text(visible(asked.message), style="red")))
    return rows


def _header(name: str, value: str) -> Text:
    return Text.assemble((visible(name), "cyan"), f": {visible(value)}")


def _steps(seen: Inspection) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", min_width=12)
    table.add_column()
    for step in seen.steps:
        table.add_row(f"{step.microseconds:,}", step.name)
    return table


def _verdict(seen: Inspection) -> Text:
    last = seen.way[-1]
    if seen.outcome is None:
        return Text(last.message or "not asked for", style="bold red")
    head = seen.outcome.value if seen.kind is None else f"{seen.outcome.value}, {seen.kind.value}"
    text = Text(head, style="bold green" if seen.is_ok else "bold red")
    return text.append(f": {visible(seen.message)}", style="default not bold") if seen.message else text
