"""A parser that says what came of each batch; it stands before the real one where a trace is written."""

from typing import TYPE_CHECKING

from crawler.model.messages import Finished, Page
from crawler.parse.parse_task import PageParser
from crawler.parse.parser_death import ParserDied

if TYPE_CHECKING:
    from crawler.trace.recorder import Recorder


class TracedParser:
    """See :class:`crawler.parse.parse_task.PageParser`."""

    def __init__(self, parser: PageParser, name: str, recorder: "Recorder") -> None:
        self._parser, self._name, self._recorder = parser, name, recorder

    @property
    def pid(self) -> int | None:
        """The process that it runs in; None when that is this one."""
        return self._parser.pid

    async def parse(self, pages: list[Page], ahead: list[Page] | None = None, /) -> list[Finished]:
        """Parse a batch. Raises what the parser raises."""
        pid = self._parser.pid
        try:
            results = await self._parser.parse(pages, ahead)
        except ParserDied:
            self._recorder.parser_died(self._name, [page.ticket.id for page in pages])
            raise
        self._recorder.parsed(self._name, pid, [(result.ticket.id, result.span) for result in results])
        return results
