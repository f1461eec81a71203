"""What has to be done to a program so that it runs as the configuration says."""

from dataclasses import replace
from pathlib import Path

import pytest

from sagews.admin.here.difference import Step, chosen, gone, in_order, kinds_in_order, started, step
from sagews.admin.program import Answers, Program, WrittenFile


def program(name: str, *needs: str, text: str = "one") -> Program:
    return Program(
        name=name,
        kind=name.rstrip("0123456789"),
        command=("/usr/bin/true",),
        directory=Path("/"),
        log=Path(f"/logs/{name}.log"),
        answers=Answers(command=("/usr/bin/true",)),
        needs=frozenset(needs),
        files=(WrittenFile(path=Path("/etc/one"), text=text),),
    )


ONE = program("one")


@pytest.mark.parametrize(
    ("now", "before", "up", "what"),
    [
        (ONE, started(ONE), True, Step.LEAVE),
        (ONE, started(ONE), False, Step.START),
        (ONE, None, True, Step.RESTART),
        (program("one", text="two"), started(ONE), True, Step.RESTART),
        (replace(program("one", text="two"), reload_signal="HUP"), started(ONE), True, Step.RELOAD),
        (replace(ONE, reload_signal="HUP", command=("/bin/false",)), started(ONE), True, Step.RESTART),
        (replace(ONE, environment={"A": "b"}), started(ONE), True, Step.RESTART),
        (replace(ONE, start_seconds=99.0), started(ONE), True, Step.LEAVE),
    ],
)
def test_step(now: Program, before: object, up: bool, what: Step) -> None:
    assert step(now, before, up=up) is what  # type: ignore[arg-type]


def test_programs_come_after_those_that_they_need() -> None:
    given = [program("front", "back"), program("back1", "base"), program("back2", "base"), program("base", "absent")]
    assert [each.name for each in in_order(given)] == ["base", "back1", "back2", "front"]


def test_a_circle_of_needs_ends() -> None:
    assert kinds_in_order({"a": {"b"}, "b": {"a"}, "c": {"a"}}) == ["a", "b", "c"]


def test_programs_are_chosen_by_name_or_kind() -> None:
    given = [program("back1"), program("back2"), program("front")]
    assert [each.name for each in chosen(given, ["back"])] == ["back1", "back2"]
    assert [each.name for each in chosen(given, ["back2", "front"])] == ["back2", "front"]
    assert chosen(given, []) == given
    assert gone(given, {"back1": 1, "old": 2}) == ["old"]
