"""The product as an ordinary user runs it: with the system's Python, which that user can read, and no right at all."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import sagews
from sagews.session import capabilities, seccomp

PYTHON = "/usr/bin/python3"
USER = 31234
ROOT = Path(sagews.__file__).resolve().parent.parent
_VERSION = "import sys; print(sys.version_info[:2])"
_IMPORTS = "import sagews.worker.main, IPython"


class OrdinaryUser:
    """Runs commands as somebody who is nobody."""

    def __init__(self, directory: Path) -> None:
        """Make an interpreter in a directory that everybody can read. Skips where the system has no such Python."""
        if os.getuid() == 0:
            self.interpreter = str(readable_environment(directory))
            self._as = {"user": USER, "group": USER, "extra_groups": []}
        else:
            self.interpreter, self._as = sys.executable, {}
        ran = self.run("-c", _IMPORTS)
        if ran.returncode:
            pytest.skip(f"an ordinary user cannot read this installation: {ran.stderr.splitlines()[-1:]}")

    def run(self, *arguments: str, contained: bool = False) -> "subprocess.CompletedProcess[str]":
        """Run its Python with these arguments to the end; contained: where nobody makes namespaces."""
        return subprocess.run(
            [self.interpreter, *arguments],
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            preexec_fn=_no_namespaces if contained else None,
            **self._as,  # type: ignore[arg-type]  # typed by overloads
        )

    def sagews(self, *arguments: str, contained: bool = False) -> "subprocess.CompletedProcess[str]":
        """Run a command of ours."""
        return self.run("-P", "-m", "sagews", *arguments, contained=contained)


def _no_namespaces() -> None:
    """Refuse what most containers refuse, by the filter that sessions have too."""
    capabilities.no_new_privileges()
    seccomp.load(seccomp.program(memory_files=True, network=True))


def readable_environment(directory: Path) -> Path:
    """Make a virtual environment of the system's Python that has what this one has; return its interpreter.

    Skips where the system has no such Python.
    """
    if not Path(PYTHON).exists():
        pytest.skip(f"there is no {PYTHON}")
    version = subprocess.run([PYTHON, "-c", _VERSION], capture_output=True, text=True, timeout=20, check=True).stdout
    if version.strip() != str(sys.version_info[:2]):
        pytest.skip(f"{PYTHON} is another version than the packages are made for")
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", str(directory)], timeout=60, check=True)
    (packages,) = directory.glob("lib/python3*/site-packages")
    (packages / "beside.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT}\n")
    for each in (directory, *directory.parents):
        if each.stat().st_uid == os.getuid() and each != Path("/"):
            each.chmod(each.stat().st_mode | 0o055)
    return directory / "bin" / "python"
