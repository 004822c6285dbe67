"""What limits a crawl, drawn for a terminal. Imports rich, so it is imported when first needed."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawler.view.why import words as why_words
from crawler.view.why.verdict import Why


def show(judgement: Why, console: Console | None = None) -> None:
    """Print the judgement, its figures, and what would change it."""
    if console is None:
        console = Console()
        if not console.is_terminal:
            console.width = 1_000  # nothing is cut or broken for a program that reads it
    console.print(Text(why_words.headline(judgement), style="bold"))
    rate = judgement.urls / judgement.seconds
    console.print(Text(f"{judgement.urls:,} URLs in {judgement.seconds:.1f} s: {rate:,.1f} a second"))
    console.print()
    table = Table(box=None, pad_edge=False)
    table.add_column("what")
    table.add_column("of the time", justify="right")
    table.add_column("that is", style="dim")
    for row in why_words.figures(judgement):
        table.add_row(*row)
    console.print(table)
    console.print()
    console.print(Text.assemble(("a URL's mean times: ", "dim"), why_words.where_urls_are(judgement)))
    if judgement.changes:
        console.print()
        console.print(Text.assemble(("what would change it: ", "dim"), why_words.changes(judgement)))
        if best := why_words.best(judgement):
            console.print(Text(best))
        for note in why_words.notes(judgement):
            console.print(Text(note, style="dim"))
