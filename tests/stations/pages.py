"""Pages as fetch would hand them over, for the tests of those who parse them."""

from crawler.model.messages import Page, Ticket


def html_page(number: int, url: str, body: bytes) -> Page:
    """A page of HTML that came in one piece."""
    return Page(
        ticket=Ticket(number, url, 1, 0),
        status=200,
        headers=(),
        pieces=(body,),
        body_path=None,
        size=len(body),
        content_type="text/html",
        fetched_at=0.0,
        elapsed=0.001,
    )
