"""``crawler serve``: the fixture site, or the faults, for a browser or for a crawler in another terminal."""

from contextlib import suppress
from typing import Annotated

import typer


def serve(
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65535, help="Loopback port; 0 is any free one.")
    ] = 8000,
    faults: Annotated[
        bool, typer.Option("--faults", help="Serve pages that misbehave, among good ones.")
    ] = False,
) -> int:
    """Serve the fixture site on 127.0.0.1 until Ctrl-C."""
    with suppress(KeyboardInterrupt):  # the way to end it
        if faults:
            from crawler.lab.faults.faults_process import serve_faults_forever

            serve_faults_forever(port)
        else:
            from crawler.lab.site.site_process import serve_forever

            serve_forever(port)
    return 0
