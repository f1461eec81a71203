"""`start` closes the difference between what the configuration says and what runs, and twice is harmless."""

from dataclasses import replace
from pathlib import Path

import pytest

from sagews.admin.here.words import Condition
from sagews.admin.program import Answers
from sagews.errors import ConfigurationError, ServiceError
from tests.processes import wait_until
from tests.site.admin.ground import Ground


def test_start_twice_leaves_alone_what_runs(ground: Ground) -> None:
    programs = [ground.program("front", needs=frozenset({"back"})), ground.program("back1"), ground.program("back2")]
    assert ground.machine(programs).start() == 0
    before = {name: ground.page(name) for name in ("front", "back1", "back2")}
    assert [word.service for word in ground.said] == ["back1", "back2", "front"]
    assert ground.machine(programs).start() == 0
    assert {name: ground.page(name) for name in before} == before
    assert {word.what for word in ground.said} == {"runs"}
    assert {status.condition for status in ground.status(programs).values()} == {Condition.RUNNING}
    assert ground.machine(programs).stop() == 0
    assert not ground.supervisor.runs()
    assert ground.machine(programs).stop() == 0


def test_changed_programs_are_restarted_or_reloaded_alone(ground: Ground) -> None:
    same, other, signalled = ground.program("same"), ground.program("other"), ground.program("signalled")
    signalled = replace(signalled, reload_signal="HUP")
    assert ground.machine([same, other, signalled]).start() == 0
    before = {name: ground.page(name)[0] for name in ("same", "other", "signalled")}
    new = [same, ground.program("other", "two"), replace(ground.program("signalled", "two"), reload_signal="HUP")]
    assert {name for name, status in ground.status(new).items() if status.changed} == {"other", "signalled"}
    assert ground.machine(new).start() == 0
    assert ground.page("same") == (before["same"], "one")
    process, text = ground.page("other")
    assert text == "two" and process != before["other"]
    wait_until(lambda: ground.page("signalled") == (before["signalled"], "two"), 5, "the new text is taken")
    assert not any(status.changed for status in ground.status(new).values())


def test_what_left_the_configuration_is_stopped_and_what_came_is_started(ground: Ground) -> None:
    old, stays, new = ground.program("old"), ground.program("stays"), ground.program("new")
    assert ground.machine([old, stays]).start() == 0
    process = ground.page("stays")
    assert ground.status([stays])["old"].why == "is not in the configuration"
    assert ground.machine([stays, new]).start() == 0
    assert ground.page("stays") == process and ground.page("new")[1] == "one"
    assert set(ground.supervisor.processes()) == {"stays", "new"}
    with pytest.raises(OSError):
        ground.page("old")


def test_a_broken_configuration_is_refused_with_nothing_stopped(ground: Ground) -> None:
    reads = ("/bin/grep", "-q", "fine", "{root}" + str(ground.places.data / "texts" / "first.txt"))
    first, second = ground.program("first", "fine", check=reads), ground.program("second")
    assert ground.machine([first, second]).start() == 0
    before = ground.page("first"), ground.page("second")
    broken = [ground.program("first", "broken", check=reads), ground.program("second", "two")]
    for verb in ("start", "restart"):
        with pytest.raises(ConfigurationError, match="first: its new configuration is refused"):
            getattr(ground.machine(broken), verb)()
    missing = replace(second, command=("/no/such/program", *second.command[1:]))
    with pytest.raises(ConfigurationError, match="/no/such/program"):
        ground.machine([first, missing]).start()
    assert (ground.page("first"), ground.page("second")) == before
    assert first.files[0].path.read_text() == "fine"
    assert not list(ground.places.data.glob("check-*"))


def test_a_stranger_on_the_port_is_told_and_left_alone(ground: Ground) -> None:
    stranger = Ground(ground.places.data.parent / "stranger")
    theirs, ours = stranger.program("theirs"), ground.program("ours")
    try:
        assert stranger.machine([theirs]).start() == 0
        page = stranger.page("theirs")
        port = stranger.ports["theirs"]
        ours = replace(ours, answers=Answers(address=f"127.0.0.1:{port}"))
        with pytest.raises(ServiceError, match=rf"ours: 127.0.0.1:{port} is in use by process {page[0]}"):
            ground.machine([ours]).start()
        assert stranger.page("theirs") == page
        assert not ground.supervisor.runs()
    finally:
        stranger.clear()


def test_programs_have_a_clean_environment_and_the_mark_of_a_test(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAGEWS_RUN", "a-mark")
    monkeypatch.setenv("SAGEWS_DATABASE_PASSWORD", "a-secret")
    assert ground.machine([ground.program("one", environment={"OWN": "50% of"})]).start() == 0
    for process in (ground.page("one")[0], ground.pid()):
        variables = Path(f"/proc/{process}/environ").read_text().split("\0")
        assert "SAGEWS_RUN=a-mark" in variables and "a-secret" not in "".join(variables)
        names = {variable.split("=")[0] for variable in variables} - {"", "SAGEWS_TEST"}
        assert not {name for name in names if not name.startswith("SUPERVISOR_")} - {
            *("PATH", "LANG", "HOME", "USER", "LOGNAME", "SAGEWS_RUN", "OWN")
        }
    assert "OWN=50% of" in Path(f"/proc/{ground.page('one')[0]}/environ").read_text().split("\0")
