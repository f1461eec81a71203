"""The wheel that the running program packs of itself: whole, and the same wherever it was packed."""

import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sagews.admin.build import build
from sagews.admin.installing.wheel import NAME, constraints, wheel

AGAIN = (
    "import hashlib; from sagews.admin.build import build; from sagews.admin.installing.wheel import wheel;"
    "print(build(), hashlib.sha256(wheel()).hexdigest())"
)


def again(folder: Path) -> subprocess.CompletedProcess[str]:
    """Pack with the program that is installed in a folder."""
    program = f"import sys; sys.path.insert(0, {str(folder)!r}); {AGAIN}"
    return subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, timeout=60)


@pytest.mark.timeout(120)
def test_what_is_installed_from_it_packs_the_same_one(tmp_path: Path) -> None:
    packed = wheel()
    names = zipfile.ZipFile(io.BytesIO(packed)).namelist()
    assert {"sagews/__main__.py", "sagews/backend/static/index.html"} <= set(names)
    assert [name for name in names if name.endswith("entry_points.txt")]
    file, folder = tmp_path / NAME, tmp_path / "installed"
    file.write_bytes(packed)
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile", "--target")
    subprocess.run([*pip, str(folder), str(file)], check=True, timeout=60, capture_output=True)
    assert again(folder).stdout.split() == [build(), hashlib.sha256(packed).hexdigest()]
    # A file that was altered is not handed on.
    altered = folder / "sagews" / "errors.py"
    altered.write_text(altered.read_text() + "# more\n")
    refused = again(folder)
    assert refused.returncode and "was altered since it was installed" in refused.stderr


def test_constraints_name_every_package_but_this_one() -> None:
    lines = constraints().splitlines()
    assert [line for line in lines if line.startswith("aiohttp==")]
    assert not [line for line in lines if line.startswith("sagews==")]
