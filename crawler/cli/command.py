"""A command whose help explains its arguments before its options."""

import click


class Command(click.Command):
    """As click's own, which shows arguments last and under a longer heading."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write both sections."""
        arguments = [each for each in self.get_params(ctx) if isinstance(each, click.Argument)]
        if arguments:
            with formatter.section("Arguments"):
                formatter.write_dl([(plain(each.make_metavar(ctx)), each.help or "") for each in arguments])
        super().format_options(ctx, formatter)

    def format_arguments(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write nothing: it is done."""


def plain(metavar: str) -> str:
    """``URL`` for ``[URL]...``: how often it may be given is for the usage line to say."""
    return metavar.strip("[].")
