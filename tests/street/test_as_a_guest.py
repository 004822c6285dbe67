"""The crawler as a part of somebody's program: to import it and to crawl changes nothing outside it."""

import json
import subprocess
import sys
import textwrap

import pytest
import trustme

from tests.crawls import ROOT
from tests.graph_server import graph_site

LOOK = """
import asyncio, contextlib, gc, json, locale, logging, os, random, resource, signal, socket, ssl, sys
import tempfile, threading, warnings
import aiohttp.web, multiprocessing.forkserver, multiprocessing.util  # what the program itself uses
import msgspec, uvloop, rich

def look():
    'Everything by which a library can harm the program that it is part of.'
    handled = {logger: (logging.getLogger(logger).level, list(map(repr, logging.getLogger(logger).handlers)),
                        logging.getLogger(logger).propagate, logging.getLogger(logger).disabled)
               for logger in ("", "asyncio", "crawler", "py.warnings")}
    return {
        "TLS": (len(ssl.create_default_context().get_ca_certs()), sorted(vars(ssl.SSLContext)),
                repr(ssl._create_default_https_context), repr(ssl.SSLContext.set_default_verify_paths)),
        "signals": {number.name: hash(signal.getsignal(number)) for number in signal.valid_signals()
                    if hasattr(number, "name")},
        "signal mask": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "logging": handled, "logging below": logging.root.manager.disable,
        "log record factory": repr(logging.getLogRecordFactory()),
        "event loop policy": repr(type(asyncio.get_event_loop_policy())),
        "warnings": [repr(one) for one in warnings.filters], "showing warnings": repr(warnings.showwarning),
        "GC": (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), gc.get_debug(), len(gc.callbacks)),
        "locale": locale.setlocale(locale.LC_ALL),
        "environment": dict(os.environ), "cwd": os.getcwd(), "umask": os.umask(os.umask(0o22)) and 0,
        "path": sys.path, "standard files": [repr(sys.stdin), repr(sys.stdout), repr(sys.stderr)],
        "hooks": [repr(hook) for hook in (sys.excepthook, sys.unraisablehook, threading.excepthook,
                                          sys.displayhook, sys.gettrace(), sys.getprofile())],
        "limits": {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource)
                   if name.startswith("RLIMIT_")},
        "recursion": sys.getrecursionlimit(), "switching": sys.getswitchinterval(),
        "socket time-out": socket.getdefaulttimeout(), "random": hash(random.getstate()),
        "start method": multiprocessing.get_start_method(allow_none=True),
        "preloaded by us": "our.own.module" in multiprocessing.forkserver._forkserver._preload_modules,
        "threads": sorted(thread.name for thread in threading.enumerate()
                          if not thread.name.startswith("asyncio_")),
        "children": [repr(child) for child in multiprocessing.active_children()],
        "open files": sorted(name.partition("[")[0] for fd in os.listdir("/proc/self/fd")
                             if os.path.islink(f"/proc/self/fd/{fd}")
                             # Shared memory is kept by multiprocessing, for whoever wants some next.
                             and "/pym-" not in (name := os.readlink(f"/proc/self/fd/{fd}"))),
    }
"""
CRAWL = """
async def crawl(url, out, **keys):
    from crawler import Config, Crawler
    async with Crawler(Config(seeds=[url], out=out, **keys)) as crawling:
        return [record.url async for record in crawling]
"""


@pytest.fixture(scope="module")
def site():
    with graph_site(5) as running:
        yield running


def run(tmp_path, script: str, *arguments: object, **environment: str) -> str:
    """What the script prints as a program of its own, in another folder than ours."""
    path = tmp_path / "program.py"
    path.write_text(LOOK + CRAWL + textwrap.dedent(script))
    command = [sys.executable, "-W", "error", str(path), *map(str, arguments)]
    inherited = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=50, cwd=tmp_path, env=inherited | environment
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="what is open is read from /proc")
@pytest.mark.parametrize("executor", ["process", "thread", "inline"])
def test_a_crawl_changes_nothing_outside_it(tmp_path, site, executor):
    (tmp_path / "shop.py").write_text("def extract(page): return {'title': page.title}\n")
    printed = run(
        tmp_path,
        """
        async def main():
            multiprocessing.forkserver.set_forkserver_preload(["our.own.module"])
            # The event loop's own files, and the fork server, which multiprocessing keeps for all.
            await asyncio.to_thread(int)
            await asyncio.to_thread(multiprocessing.forkserver.ensure_running)
            before = look()
            import crawler
            for name in crawler.__all__: getattr(crawler, name)
            imported = look()
            parse = {"executor": sys.argv[2], "extract": "shop:extract"}
            found = await crawl(sys.argv[1], "out", parse=parse)
            assert len(found) == 5, found
            after = look()
            print(json.dumps([before, imported, after], default=str))

        if __name__ == "__main__":
            sys.path.remove(os.getcwd())  # where shop.py lies: found all the same, and not left there
            asyncio.run(main())
        """,
        site.url,
        executor,
    )
    before, imported, after = json.loads(printed)
    assert before["preloaded by us"]
    for what, was in before.items():
        assert imported[what] == was, f"the import changes: {what}"
        assert after[what] == was, f"a crawl changes: {what}"


def test_the_program_s_own_requests_are_verified_as_before(tmp_path, site):
    """Importing aiohttp must not be meddled with: its module-wide TLS contexts are everybody's."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tmp_path / "site.pem")
    printed = run(
        tmp_path,
        """
        async def main():
            del sys.modules["aiohttp"]  # the crawler is the first to import it
            for name in [name for name in sys.modules if name.startswith("aiohttp")]: del sys.modules[name]
            assert len(await crawl(sys.argv[1], "out")) == 5
            import aiohttp, aiohttp.web
            async def hello(_): return aiohttp.web.Response(text="verified")
            app = aiohttp.web.Application()
            app.router.add_get("/", hello)
            runner = aiohttp.web.AppRunner(app)
            await runner.setup()
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain("site.pem")
            site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
            await site.start()
            port = site._server.sockets[0].getsockname()[1]
            async with aiohttp.ClientSession() as session:
                async with session.get(f"https://127.0.0.1:{port}/") as answer:
                    print(await answer.text())
            await runner.cleanup()

        if __name__ == "__main__":
            asyncio.run(main())
        """,
        site.url,
        SSL_CERT_FILE=str(tmp_path / "ca.pem"),
    )
    assert printed == "verified\n"


@pytest.mark.parametrize("executor", ["process", "thread", "inline"])
def test_an_extract_function_may_verify_certificates_wherever_it_runs(tmp_path, site, executor):
    """On the command line too: aiohttp's module-wide context is what a user's session would use there."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    (tmp_path / "trusting.py").write_text(
        "import aiohttp.connector\n"
        "def extract(page):\n"
        "    return {'trusted': len(aiohttp.connector._SSL_CONTEXT_VERIFIED.get_ca_certs())}\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "crawler", "run", site.url, "-o", "out", "--executor", executor,
         "--extract", "trusting:extract"],
        capture_output=True, text=True, timeout=50, cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "SSL_CERT_FILE": str(tmp_path / "ca.pem")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "out" / "records.jsonl").read_text().splitlines()
    assert [json.loads(line)["extracted"] for line in lines] == [{"trusted": 1}] * len(site.urls)
