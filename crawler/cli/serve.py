"""``crawler serve``: the fixture site for a browser, or for a crawler in another terminal."""

from contextlib import suppress
from typing import Annotated

import typer


def serve(
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65535, help="Loopback port; 0 is any free one.")
    ] = 8000,
) -> int:
    """Serve the fixture site on 127.0.0.1 until Ctrl-C."""
    from crawler.lab.site_process import serve_forever

    with suppress(KeyboardInterrupt):  # the way to end it
        serve_forever(port)
    return 0
