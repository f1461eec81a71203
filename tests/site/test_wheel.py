"""The wheel carries the client: where it is installed, a site runs without Node."""

import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import urllib.parse
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sagews import __version__

ROOT = Path(__file__).resolve().parent.parent.parent
DEADLINE = 60.0


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a wheel, built here."""
    into = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(into)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=DEADLINE)
    (made,) = into.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a new virtual environment with the wheel; its dependencies are those of this one."""
    prefix = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(prefix, with_pip=False, symlinks=True)
    site_packages = Path(sysconfig.get_path("purelib", vars={"base": str(prefix)}))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(site_packages), str(wheel)], check=True, timeout=DEADLINE)
    # Read after the new environment's own packages, and without this one's .pth files: not the clone's sagews.
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return prefix


@pytest.fixture
def served(installed: Path, tmp_path: Path) -> Iterator[str]:
    """Give the address of a site that the wheel serves, with no Node on its PATH."""
    tools = tmp_path / "bin"
    tools.mkdir()
    command = [str(installed / "bin" / "python"), "-P", "-m", "sagews", "serve", "--port", "0", "--data", str(tmp_path)]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env={"PATH": f"{installed / 'bin'}:{tools}", "HOME": str(tmp_path), "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    try:
        assert process.stdout is not None
        said = ""
        while not (found := re.search(r"http://\S+", said)):
            line = process.stdout.readline()
            assert line, f"the site did not start: {said}"
            said += line
        yield found[0]
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_wheel_has_the_client_and_the_licence(wheel: Path) -> None:
    assert wheel.name == f"sagews-{__version__}-py3-none-any.whl"
    names = zipfile.ZipFile(wheel).namelist()
    static = [name for name in names if name.startswith("sagews/backend/static/")]
    assert "sagews/backend/static/index.html" in static
    assert "sagews/backend/static/frame.html" in static
    assert [name for name in static if name.endswith(".js")]
    assert [name for name in names if name.endswith("LICENSE")]
    assert not [name for name in names if "node_modules" in name or name.startswith(("tests/", "web/"))]


def test_wheel_serves_without_node(served: str, installed: Path) -> None:
    with urllib.request.urlopen(served, timeout=DEADLINE) as page:
        assert b"<html" in page.read()
    form = urllib.parse.urlencode({"code": "print(1+1); import sagews; print(sagews.__file__)"}).encode()
    with urllib.request.urlopen(urllib.parse.urljoin(served, "/service"), form, timeout=DEADLINE) as answer:
        said = json.load(answer)
    assert said["success"] is True
    two, file = said["stdout"].split()
    assert two == "2"
    assert file.startswith(str(installed))
