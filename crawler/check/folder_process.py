"""Serves a folder on the loopback, in a process of its own, for as long as its check takes."""

from pathlib import Path

from crawler.check.folder import LISTED_AT_ONCE, addresses, locate, media_type, survey
from crawler.plumbing.server_process import HOST, ServerProcess

IN_MEMORY = 256 * 1024
"""Bytes up to which a file is read whole; a longer one is sent as far as anybody reads it."""


class FolderProcess(ServerProcess):
    """Serves ``root`` (a real path) at ``base`` while its ``with`` block lasts.

    ``port`` is one of the loopback, 0 any free one. ``lists`` are the paths at which its pages are listed, so
    many at each.
    """

    port: int

    def __init__(self, root: Path, base: str, lists: list[str], port: int = 0) -> None:
        super().__init__("folder's server", _listen, port, root, base, lists)

    def listening(self, where: dict[str, int]) -> None:
        """Take note of the port."""
        self.port = where["port"]


async def _listen(port: int, root: Path, base: str, lists: list[str]) -> dict[str, int]:
    from aiohttp.web import (  # only the child pays for it
        BaseRequest,
        FileResponse,
        Response,
        Server,
        ServerRunner,
        StreamResponse,
        TCPSite,
    )

    not_found = locate(root, base, f"{base}404.html").file

    def listed(path: str) -> Response:
        first = lists.index(path) * LISTED_AT_ONCE
        pages = survey(root).pages[first : first + LISTED_AT_ONCE]
        return Response(
            text="".join(f"http://{HOST}:{port}{base}{each}\n" for each in addresses(root, pages))
        )

    def of_file(file: Path, status: int = 200) -> StreamResponse:
        headers = {"Content-Type": media_type(file)}
        if file.stat().st_size > IN_MEMORY:
            return FileResponse(file, status=status, headers=headers)
        return Response(body=file.read_bytes(), status=status, headers=headers)

    async def answer(request: BaseRequest) -> StreamResponse:
        if request.method not in ("GET", "HEAD"):
            return Response(status=405, headers={"Allow": "GET, HEAD"})
        path, question, query = request.raw_path.partition("?")
        if path in lists:
            return listed(path)
        found = locate(root, base, path)
        try:
            if found.file is not None:
                return of_file(found.file)
            if found.moved is not None:
                return Response(status=301, headers={"Location": found.moved + question + query})
            if not_found is not None and path.startswith(base):
                return of_file(not_found, 404)
        except OSError as error:
            return Response(status=403, text=f"{error.strerror}\n")
        return Response(status=404, text="There is no such file.\n")

    runner = ServerRunner(Server(answer, access_log=None))
    await runner.setup()
    await TCPSite(runner, HOST, port, backlog=1024).start()
    port = runner.addresses[0][1]
    return {"port": port}
