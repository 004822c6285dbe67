"""What fetch adds to the version of a page."""

from tests.stations.fetch_servers import always, byte_server, ok, rig


async def test_a_page_says_which_codings_it_was_asked_for_in(tmp_path):
    async with byte_server(always(ok(b"<p>here"))) as served, rig(tmp_path, served.url) as fetching:
        page = await fetching.page(f"{served.url}/")
        lines = [line.partition(": ") for line in served.heads[-1].split("\r\n")]
        sent = [value for name, _, value in lines if name.lower() == "accept-encoding"]
        assert sent == [page.accept_encoding]
        assert page.accept_encoding
