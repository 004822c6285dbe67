"""What the fetch station promises, it promises with either backend: its tests run with both."""

import importlib.util

import pytest

from tests.stations import fetch_servers

MISSING = [name for name in ("httpx", "h2") if importlib.util.find_spec(name) is None]
BACKENDS = [
    "aiohttp",
    pytest.param(
        "httpx", marks=pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
    ),
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests that set up a fetcher are run once with each backend."""
    if getattr(metafunc.module, "rig", None) is fetch_servers.rig and "tmp_path" in metafunc.fixturenames:
        metafunc.parametrize("backend", BACKENDS, indirect=True)


@pytest.fixture(autouse=True)
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The backend of the rigs of this test, by its name in the configuration."""
    name = str(getattr(request, "param", "aiohttp"))
    monkeypatch.setattr(fetch_servers, "chosen", name)
    return name


@pytest.fixture
def kept(backend: str) -> bool:
    """Whether the backend keeps connections of HTTP/1.1 for a further request."""
    return backend == "aiohttp"
