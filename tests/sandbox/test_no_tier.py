"""A system on which nothing holds the sessions of an ordinary user: the worker does not start, and says why."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from sagews.session import capabilities
from tests import like_gvisor
from tests.site.ordinary_user import USER, OrdinaryUser

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="another user needs root")


def become() -> None:
    """Be as within gVisor, without a right to be so."""
    capabilities.no_new_privileges()
    like_gvisor.become()


@pytest.mark.parametrize("spares", [0, 1])
def test_a_worker_without_any_tier_does_not_start(spares: int) -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="sagews-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        own = folder / "own"
        own.mkdir()
        os.chown(own, USER, USER)
        config = own / "sagews.toml"
        config.write_text(f"[[environment]]\nname = 'python'\npreload = []\nspares = {spares}\n")
        config.chmod(0o644)
        options = ["--config", str(config), "--runtime", str(own / "run"), "--data", str(own / "data")]
        ended = subprocess.run(
            [OrdinaryUser(folder / "python").interpreter, "-P", "-m", "sagews", "worker", *options],
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            preexec_fn=become,
            user=USER,
            group=USER,
            extra_groups=[],
        )
        assert ended.returncode == 3, (ended.stdout, ended.stderr)
        assert "can isolate sessions in no way" in ended.stderr and "see sagews doctor" in ended.stderr
        assert "Function not implemented" in ended.stderr and '"ready"' not in ended.stdout
