"""An inspection as people read it: in the order in which the decisions were taken. Imports rich."""

import json
from collections import Counter
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawler.view.inspection import Asked, Inspection, LinkSeen, PageSeen, RobotsSeen, UrlSeen
from crawler.watch.units import size
from crawler.watch.words import counted, visible

SHOWN = 20
"""Links that are shown, unless all are asked for."""
_LINES_SHOWN = 30
"""Lines of what the extract function returned."""
_STYLES = {
    "follow": "green",
    "asset": "dim",
    "external": "dim",
    "not http": "dim",
    "malformed": "red",
}
"""Of a link's verdict; of any other, yellow."""

Row = tuple[str, Text]


def show(seen: Inspection, console: Console | None = None, *, every_link: bool = False) -> None:
    """Print it, of many links the first ones unless ``every_link`` is asked for."""
    if console is None:
        console = Console(highlight=False)
        if not console.is_terminal:
            console.width = 1_000  # nothing is cut or broken for a program that reads it
    for number, one in enumerate(seen.way):
        console.print(Text(visible(one.url), style="bold"), soft_wrap=True)
        rows = (
            _of_text(seen) if number == 0 else [("from", Text("the redirect; a URL of its own to a crawl"))]
        )
        console.print(_grid([*rows, *_of_url(one, is_last=one is seen.way[-1])]))
        console.print()
    if seen.page is not None:
        console.print(Text("the page", style="bold"))
        console.print(_grid(_of_page(seen.page)))
        console.print()
        _show_links(seen.page.links, console, every_link=every_link)
        if seen.page.extract is not None:
            _show_extract(seen.page, console)
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
    if not seen.changes:
        return [("given", Text("it is as the URL standard writes it"))]
    return [("given", Text(visible(seen.given))), *(("given", Text(each, "yellow")) for each in seen.changes)]


def _of_url(one: UrlSeen, *, is_last: bool) -> list[Row]:
    rows = [("scope", _scope(one))]
    if one.addresses_failed is not None:
        rows.append(("address", Text(one.addresses_failed, style="red")))
    for address in one.addresses:
        words = "may be connected to" if address.allowed else address.reason or "may not be connected to"
        style = "" if address.allowed else "red"
        rows.append(("address", Text(f"{address.address}: {words}", style)))
    if one.robots is not None:
        rows += [("robots", text) for text in _robots(one.robots)]
    if one.waited_us >= 1_000:
        rows.append(("politeness", Text(f"waited {one.waited_us / 1e6:.1f} s for its turn")))
    for asked in one.requests:
        if asked.purpose == "page":
            rows += _of_request(asked)
    if one.redirects_to is not None:
        rows.append(("redirect", Text(f"to {visible(one.redirects_to)}")))
    elif one.message and not is_last:
        rows.append(("end", Text(visible(one.message), style="red")))
    return rows


def _scope(one: UrlSeen) -> Text:
    scope = one.scope
    if scope.in_scope:
        why = scope.reason or "of one of the crawl's origins, and no pattern keeps it out"
        return Text(f"in it: {'a seed, and ' if scope.is_seed else ''}{why}")
    if scope.is_seed:
        return Text(
            f"a seed, so it is asked for; a link to it would not be followed: {scope.reason}", "yellow"
        )
    return Text(f"out of it: {scope.reason}", style="red")


def _robots(seen: RobotsSeen) -> list[Text]:
    if not seen.obeyed:
        return [Text("not obeyed (robots.obey = false)", style="yellow")]
    if seen.failure is not None:
        return [Text(f"could not be had, so nothing may be fetched: {seen.failure}", style="red")]
    answered = f"{visible(seen.url)} was answered with {seen.status}"
    if seen.status is None or seen.status >= 500 or seen.status == 429:
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


def _of_request(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    if asked.peer is not None or asked.protocol is not None:
        rows.append(("connection", Text(", ".join(filter(None, (asked.protocol, asked.peer))))))
    if (tls := asked.tls) is not None:
        ends = f"valid until {tls.certificate_ends}" if tls.verified else "any certificate is trusted"
        signed = f", signed by {visible(tls.issuer)}" if tls.issuer else ""
        style = "" if tls.verified else "yellow"
        rows.append(("TLS", Text(f"{tls.version}, {tls.cipher}; {ends}{signed}", style)))
    rows += [("request", _header(*header)) for header in asked.request_headers]
    if asked.status is not None:
        rows.append(("answer", Text(str(asked.status), "green" if asked.status < 300 else "yellow")))
    rows += [("answer", _header(*header)) for header in asked.headers]
    if asked.message is not None:
        rows.append(("failed", Text(visible(asked.message), style="red")))
    return rows


def _header(name: str, value: str) -> Text:
    return Text.assemble((visible(name), "cyan"), f": {visible(value)}")


def _of_page(page: PageSeen) -> list[Row]:
    kind = page.content_type or "none was sent"
    if page.sniffed is not None:
        kind += f"; by its first bytes {page.sniffed}"
    coded = f", sent as {', '.join(page.content_encoding)}" if page.content_encoding else ""
    cut = " that were kept: it is longer than fetch.max_body" if page.truncated else ""
    rows = [("type", kind), ("body", f"{page.bytes:,} bytes ({size(page.bytes)}){cut}{coded}")]
    if page.charset is not None:
        rows.append(("charset", f"{page.charset}, by: {page.charset_by}"))
    told: list[tuple[str, str | None]] = [
        ("title", page.title),
        ("canonical", page.canonical),
        ("base", page.base),
        ("robots", ", ".join(page.meta_robots) and f"<meta> says {', '.join(page.meta_robots)}"),
        ("robots", ", ".join(page.x_robots_tag) and f"X-Robots-Tag says {', '.join(page.x_robots_tag)}"),
    ]
    rows += [(name, value) for name, value in told if value]
    if page.text_length is not None:
        rows.append(("text", f"{page.text_length:,} characters"))
    return [(name, Text(visible(value))) for name, value in rows]


def _show_links(links: list[LinkSeen], console: Console, *, every_link: bool) -> None:
    counts = Counter(link.verdict for link in links)
    told = ", ".join(f"{count:,} {verdict}" for verdict, count in counts.most_common())
    console.print(Text.assemble(("references", "bold"), f": {told or 'none'}"), soft_wrap=True)
    shown = links if every_link else links[:SHOWN]
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", min_width=8)
    table.add_column()
    table.add_column(overflow="fold")
    table.add_column(style="dim")
    for link in shown:
        place = f"{link.line}:{link.column}" if link.line else ""
        target = Text(visible(link.url or link.href))
        if link.reason and link.verdict not in ("asset", "external"):
            target.append(f" ({visible(link.reason)})", style="dim")
        table.add_row(place, Text(link.verdict, _STYLES.get(link.verdict, "yellow")), target, link.source)
    console.print(table)
    if len(shown) < len(links):
        console.print(Text(f"          and {len(links) - len(shown):,} more: --all", style="dim"))
    console.print()


def _show_extract(page: PageSeen, console: Console) -> None:
    extract = page.extract
    if extract is None:
        return
    console.print(Text(f"extract: {extract.function}", style="bold"))
    if extract.error is not None:
        text = Text("\n".join(map(visible, extract.error.splitlines())), style="red")
    else:
        value = None if extract.returned is None else json.loads(bytes(extract.returned))
        lines = json.dumps(value, indent=2, ensure_ascii=False).splitlines()
        more = [f"… and {counted(len(lines) - _LINES_SHOWN, 'line')} more: --json"]
        text = Text("\n".join([*map(visible, lines[:_LINES_SHOWN]), *more * (len(lines) > _LINES_SHOWN)]))
    console.print(text, soft_wrap=True)
    console.print()


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
