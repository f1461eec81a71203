"""A site in a container: a cell, the walls that stand, and all that it keeps over a restart."""

import json

import pytest

from tests.image.containers import IMAGE, container

pytestmark = pytest.mark.skipif(not IMAGE, reason="no SAGEWS_IMAGE: `make test-image` builds one")


@pytest.mark.parametrize(
    ("options", "at", "tier"),
    [
        ((), "/data", "C"),
        (("--cap-add", "SYS_ADMIN,SYS_PTRACE"), "/data", "A"),
        (("--user", "1000", "--security-opt", "seccomp=unconfined", "--security-opt", "unmask=ALL"), "/data:U", "B"),
    ],
    ids=["plain", "with capabilities", "as a user"],
)
def test_it_serves_a_cell_with_the_walls_that_stand(volume: str, options: tuple[str, ...], at: str, tier: str) -> None:
    with container(f"{volume}:{at}", *options) as site:
        told = site.ask("/service", b"code=import os; print(os.getuid() != 0, 6 * 7)")
        assert told["stdout"] == "True 42\n"
        assert [worker["tier"] for worker in site.ask("/status.json")["workers"]] == [tier]
        doctor = json.loads(site.run("sagews", "doctor", "--json", check=False))
        assert doctor["tier"] == tier
        if tier == "C":
            words = " ".join(site.run("sagews", "doctor", check=False).split())
            assert "root without CAP_SYS_PTRACE, CAP_SYS_ADMIN" in words and "--cap-add SYS_ADMIN,SYS_PTRACE" in words


def test_what_it_keeps_is_in_its_volume(volume: str) -> None:
    with container(f"{volume}:/data") as first:
        made = first.ask("/api/v1/permalinks", json.dumps({"code": "2 + 2"}).encode())
    with container(f"{volume}:/data") as second:
        assert second.token == first.token
        assert second.ask(f"/api/v1/permalinks/{made['id']}")["code"] == "2 + 2"
