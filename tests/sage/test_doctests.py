"""Sage's own examples in its modules, run by Sage itself: a second opinion on what was installed."""

import contextlib
import os
import pwd
import signal
import stat
import subprocess
from pathlib import Path

from tests.sage.conftest import DIRECTORY

MODULES = [
    "arith/misc.py",
    "coding/hamming_code.py",
    "graphs/generators/basic.py",
    "rings/integer.pyx",
    "rings/rational.pyx",
]
"""Some 3000 examples, which take a quarter of a minute."""
MORE = ["combinat/partition.py", "combinat/permutation.py", "matrix/matrix2.pyx"]
"""With SAGEWS_PROVE: another 5800, and a minute."""


def test_sages_own_examples_pass(tmp_path: Path) -> None:
    proved = bool(os.environ.get("SAGEWS_PROVE"))
    interpreter = DIRECTORY / "bin" / "python"
    (package,) = DIRECTORY.glob("lib/python3.*/site-packages/sage")
    user = _nobody() if _open_to_all(interpreter) else None
    if user is not None:
        for directory in (tmp_path, *tmp_path.parents[:2]):
            directory.chmod(0o711)
        os.chown(tmp_path, user, -1)
    process = subprocess.Popen(
        [interpreter, "-m", "sage.doctest", *(package / module for module in [*MODULES, *(MORE if proved else [])])],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "DOT_SAGE": f"{tmp_path}/.sage", "TMPDIR": str(tmp_path), "PATH": os.defpath},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        user=user,
        extra_groups=[] if user is not None else None,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=240 if proved else 60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
    assert process.returncode == 0, said[-4000:]
    assert "All tests passed!" in said, said[-4000:]
    # None of the modules was left out.
    assert said.count(" tests, ") == len(MODULES) + (len(MORE) if proved else 0), said[-4000:]


def _nobody() -> int | None:
    """Return the user to be, where we may choose."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _open_to_all(program: Path) -> bool:
    """Whether any user may run this: it may be a link into a home that is its owner's alone."""
    places = [program, program.resolve()]
    return all(path.stat().st_mode & stat.S_IXOTH for place in places for path in (place, *place.parents))
