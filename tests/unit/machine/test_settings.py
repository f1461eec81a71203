"""Settings of a system, as files say them."""

from pathlib import Path

from sagews.machine import settings
from sagews.protocol.isolation import Finding


def put(base: Path, name: str, value: str) -> None:
    path = base / name.replace(".", "/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value)


def found(base: Path) -> dict[str, Finding]:
    return {finding.name: finding for finding in settings.settings(base)}


def test_what_the_system_does_not_have_is_not_told(tmp_path: Path) -> None:
    put(tmp_path, "fs.protected_fifos", "no number\n")
    assert found(tmp_path) == {}


def test_weak_values_say_what_they_mean_and_what_to_do(tmp_path: Path) -> None:
    put(tmp_path, "fs.protected_symlinks", "0\n")
    put(tmp_path, "kernel.apparmor_restrict_unprivileged_userns", "1\n")
    put(tmp_path, "user.max_user_namespaces", "0\n")
    rows = found(tmp_path)
    assert [row.holds for row in rows.values()] == [False, False, False]
    assert "followed by others" in rows["fs.protected_symlinks"].found
    assert rows["fs.protected_symlinks"].advice == "sysctl -w fs.protected_symlinks=1"
    assert "AppArmor" in rows["kernel.apparmor_restrict_unprivileged_userns"].advice


def test_good_values_need_no_advice(tmp_path: Path) -> None:
    for name in ("fs.protected_symlinks", "fs.protected_fifos", "kernel.unprivileged_userns_clone"):
        put(tmp_path, name, "1\n")
    put(tmp_path, "dev.tty.legacy_tiocsti", "0\n")
    assert {(row.holds, row.advice) for row in found(tmp_path).values()} == {(True, "")}
    assert len(found(tmp_path)) == 4


def test_open_files_for_more_sessions_than_there_can_be() -> None:
    assert settings.open_files(1).holds
    many = settings.open_files(10_000_000)
    assert many.holds is False
    assert "LimitNOFILE=" in many.advice


def test_memory_of_a_machine_that_says_nothing(tmp_path: Path) -> None:
    assert list(settings.memory(tmp_path / "none", str(tmp_path / "none"))) == []
