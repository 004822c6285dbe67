"""The wheel holds what `crawler demo` needs, and nothing of the tests."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_fixture_site_and_its_settings_travel_in_the_wheel(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", tmp_path]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        settings = archive.read("crawler/config.toml")
    assert settings == (ROOT / "config.toml").read_bytes()
    fixtures = {path.relative_to(ROOT) for path in (ROOT / "fixtures").rglob("*") if path.is_file()}
    assert {f"crawler/{path.as_posix()}" for path in fixtures} <= names
    # All of the package: what .gitignore names is left out, and a name there may fit more than is meant.
    modules = {
        path.relative_to(ROOT).as_posix()
        for kind in ("py", "html", "js", "css")
        for path in (ROOT / "crawler").rglob(f"*.{kind}")
    }
    assert "crawler/view/live/index.html" in modules <= names
    assert "crawler/py.typed" in names, "type checkers would ignore all our types (PEP 561)"
    assert {name.split("/")[0].split("-")[0] for name in names} == {"crawler"}
