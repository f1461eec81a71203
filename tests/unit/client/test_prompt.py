"""What the prompt takes from a session and keeps in its history."""

from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.history import FileHistory, InMemoryHistory

from sagews.client.prompt import completions, open_history


def test_completions_replace_what_was_typed() -> None:
    found = list(completions({"matches": ["np.sin", "np.sinh"], "cursor_start": 2}, 6))
    assert [(completion.text, completion.start_position) for completion in found] == [("np.sin", -4), ("np.sinh", -4)]


@pytest.mark.parametrize(
    "reply",
    [{}, {"matches": 7}, {"matches": ["a"], "cursor_start": 9}, {"matches": ["a\x1b[2J", 7, None], "cursor_start": 0},
     {"matches": ["a"], "cursor_start": -1}],
)  # fmt: skip
def test_hostile_completions_are_dropped(reply: dict[str, Any]) -> None:
    assert list(completions(reply, 3)) == []


def test_the_history_is_its_owners_alone(tmp_path: Path) -> None:
    assert isinstance(open_history(tmp_path / "new"), FileHistory)
    assert (tmp_path / "new" / "console-history").stat().st_mode & 0o777 == 0o600


def test_without_a_place_the_history_is_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert isinstance(open_history(tmp_path / "file"), InMemoryHistory)
