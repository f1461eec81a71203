"""Logs as they stand in their directory: shown, followed through a rotation, emptied."""

from pathlib import Path

from sagews.admin.log_files import LogFiles, empty
from sagews.logs.question import Entry, Question


def messages(entries: list[Entry]) -> list[str]:
    return [entry.message for entry in entries]


def put(path: Path, *numbers: int) -> None:
    with path.open("a") as file:
        file.writelines(f'{{"event": "line {number}", "time": {1000 + number}}}\n' for number in numbers)


def test_the_newest_are_shown_and_then_what_comes(tmp_path: Path) -> None:
    log = tmp_path / "backend1.log"
    put(tmp_path / "backend1.log.1", 1, 2)
    put(log, 3, 4)
    put(tmp_path / "worker1.log", 0, 5)
    files = LogFiles(tmp_path, "here", 4096)
    assert messages(files.newest(Question(lines=4))) == ["line 2", "line 3", "line 4", "line 5"]
    assert files.more(Question()) == []
    put(log, 6)
    log.rename(tmp_path / "backend1.log.2")
    put(log, 7)
    with log.open("a") as file:
        file.write('{"event": "half')
    assert messages(files.more(Question())) == ["line 6", "line 7"]
    with log.open("a") as file:
        file.write(' a line"}\n')
    assert messages(files.more(Question(services=("backend",)))) == ["half a line"]


def test_a_choice_of_services_is_emptied(tmp_path: Path) -> None:
    for name in ("backend1.log", "backend1.log.1", "worker1.log"):
        put(tmp_path / name, 1)
    count, size = empty(tmp_path, Question(services=("backend1",)))
    assert (count, size) == (2, 2 * len('{"event": "line 1", "time": 1001}\n'))
    left = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert left == {"backend1.log": 0, "worker1.log": size // 2}
