"""Whatever happens to the files of a directory, each line is read once: random histories of lines, rotations and ends.

The test takes the place of the database: it keeps the positions, and takes a
batch if that begins where the last one ended.
"""

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sagews.database.logs import Batch
from sagews.logs.position import Farewell, Position
from sagews.logwatch.directory import MOST_DELETED, Directory
from sagews.logwatch.tail import ChangedError, Tail

Key = tuple[int, int, int]


class Histories(RuleBasedStateMachine):
    """One log, its rotated files, and somebody who reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="sagews-logs-"))
        self.log = self.folder / "worker1.log"
        self.now = 0.0
        self.count = 0
        self.half = ""
        self.copied = 0
        """The inode of a copy of the log, while that is not emptied yet."""
        self.content: dict[int, list[str]] = {}
        """Lines of each file, by inode."""
        self.brought: list[str] = []
        self.may_be_lost: set[str] = set()
        self.must_be_told = False
        self.gaps: list[int | None] = []
        self.positions: dict[Key, Position] = {}
        self.done: set[Key] = set()
        self.directory: Directory | None = None

    def teardown(self) -> None:
        try:
            self.finish()
        finally:
            if self.directory is not None:
                self.directory.close()
            shutil.rmtree(self.folder)

    # ------------------------------------------------------------- the writer

    @rule(lines=st.integers(1, 40), long=st.booleans())
    def write(self, lines: int, long: bool) -> None:
        with self.log.open("a") as file:
            for _ in range(lines):
                line = f"line {self.count:06} of the log{'.' * (700 if long else 0)}"
                self.count += 1
                file.write(self.half_rest(line) + "\n")

    @rule()
    def write_half(self) -> None:
        if not self.half:
            self.half = f"line {self.count:06} of the log"
            with self.log.open("a") as file:
                file.write(self.half[:8])

    def half_rest(self, line: str) -> str:
        """Return what completes a half line, and then this line."""
        self.note(line)
        if not self.half:
            return line
        rest, self.half = line[8:], ""
        return rest

    def note(self, line: str) -> None:
        self.content.setdefault(self.log.stat().st_ino, []).append(line)

    @rule(keep=st.integers(1, 3))
    def rotate(self, keep: int) -> None:
        if self.half or self.copied or not self.log.exists():
            return
        for number in range(9, 0, -1):
            old = self.folder / f"worker1.log.{number}"
            if old.exists() and number >= keep:
                self.destroy(old)
                old.unlink()
            elif old.exists():
                old.rename(self.folder / f"worker1.log.{number + 1}")
        self.log.rename(self.folder / "worker1.log.1")

    @rule()
    def copy(self) -> None:
        """Copy the log, which is then to be emptied."""
        if self.half or self.copied or not self.log.exists() or not self.log.stat().st_size:
            return
        for number in range(9, 0, -1):
            if (old := self.folder / f"worker1.log.{number}").exists():
                old.rename(self.folder / f"worker1.log.{number + 1}")
        shutil.copyfile(self.log, self.folder / "worker1.log.1")
        self.copied = (self.folder / "worker1.log.1").stat().st_ino
        self.content[self.copied] = list(self.content.get(self.log.stat().st_ino, []))

    @rule()
    def empty_what_was_copied(self) -> None:
        if self.copied and not self.half:
            lines = self.content.pop(self.log.stat().st_ino, [])
            self.may_be_lost |= set(lines) - set(self.content[self.copied]) - set(self.brought)
            os.truncate(self.log, 0)
            self.copied = 0

    @rule()
    def empty(self) -> None:
        if not self.half and not self.copied and self.log.exists():
            self.destroy(self.log)
            self.content.pop(self.log.stat().st_ino, None)
            os.truncate(self.log, 0)

    def destroy(self, path: Path) -> None:
        """Note that what was not read of a file may be lost."""
        lines = self.content.pop(path.stat().st_ino, [])
        lost = set(lines) - set(self.brought)
        self.may_be_lost |= lost

    # ------------------------------------------------------------- the reader

    @initialize()
    def begin(self) -> None:
        self.start()

    @rule()
    def start(self) -> None:
        """Begin anew, as after kill -9."""
        if self.directory is not None:
            self.directory.close()
        self.directory = Directory(self.folder, 4096)
        read = [it for key, it in self.positions.items() if key not in self.done]
        newest: dict[tuple[int, int], int] = {}
        for device, inode, generation in [*self.positions, *self.done]:
            newest[device, inode] = max(generation, newest.get((device, inode), -1))
        self.directory.begin(read, newest)

    @rule(seconds=st.sampled_from([0.1, 2.0, 10.0]), records=st.sampled_from([1, 3, 100]), away=st.booleans())
    def look(self, seconds: float, records: int, away: bool) -> None:
        assert self.directory is not None
        self.now += seconds
        farewells = self.directory.look(self.now, away=away)
        for farewell in farewells:
            self.part(farewell)
        for tail in self.directory.tails if not away else []:
            self.bring(tail, records, told=True)

    @rule(records=st.sampled_from([2, 100]))
    def look_quickly(self, records: int) -> None:
        self.look(0.1, records, False)

    @rule()
    def look_for_long(self) -> None:
        for _ in range(4):
            self.look(10.0, 100, False)

    @rule()
    def bring_without_being_told(self) -> None:
        """Take a batch whose answer is lost: what is sent again does not fit any more."""
        assert self.directory is not None
        for tail in self.directory.tails:
            if (batch := self.bring(tail, 2, told=False)) is not None:
                assert not self.takes(batch)
                assert self.directory.back_to(tail, list(self.positions.values()))

    def bring(self, tail: Tail, records: int, *, told: bool) -> Batch | None:
        try:
            batch = tail.batch(records, 1.0, self.now)
        except ChangedError:
            return None
        if batch is None:
            return None
        if not self.takes(batch):
            # A copy that the last look had begun: the database has it under a number.
            assert self.directory is not None
            assert self.directory.back_to(tail, list(self.positions.values()))
            return None
        if told:
            tail.position = self.positions[key_of(batch.after)]
        return batch

    def takes(self, batch: Batch) -> bool:
        """Take a batch if it begins where the database is; whether it did."""
        key = key_of(batch.before)
        known = self.positions.get(key)
        if key in self.done or (known is None) != (batch.before.file is None):
            return False
        if known is not None and known.offset != batch.before.offset:
            return False
        self.positions[key] = replace(batch.after, file=len(self.positions) if known is None else known.file)
        self.brought += [record.message for record in batch.records]
        return True

    def part(self, farewell: Farewell) -> None:
        key = key_of(farewell.position)
        assert key not in self.done
        self.done.add(key)
        if farewell.gap != 0:
            self.gaps.append(farewell.gap)
        for copy in farewell.copies:
            self.positions.setdefault(key_of(copy), replace(copy, file=len(self.positions)))

    # ------------------------------------------------------------ what is so

    @invariant()
    def nothing_is_there_twice(self) -> None:
        assert len(self.brought) == len(set(self.brought))

    def finish(self) -> None:
        """Read all there is, and compare."""
        if self.half:
            self.write(1, False)
        self.empty_what_was_copied()
        self.start()
        for _ in range(12):
            self.look(10.0, 100, False)
        self.nothing_is_there_twice()
        wanted = {f"line {number:06} of the log" for number in range(self.count)}
        found = {line.rstrip(".") for line in self.brought}
        assert found <= wanted
        assert wanted - found <= {line.rstrip(".") for line in self.may_be_lost}


def key_of(position: Position) -> Key:
    return position.device, position.inode, position.generation


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=settings().max_examples, stateful_step_count=40, deadline=None)


# ------------------------------------------------------------- by themselves


def begun(folder: Path) -> Directory:
    directory = Directory(folder, 4096)
    directory.begin([], {})
    return directory


def brought(directory: Directory, now: float) -> list[str]:
    batches = [batch for tail in directory.tails if (batch := tail.batch(100, 1.0, now)) is not None]
    return [record.message for batch in batches for record in batch.records]


def test_a_deleted_file_is_read_to_its_end(tmp_path: Path) -> None:
    directory = begun(tmp_path)
    log = tmp_path / "worker1.log"
    log.write_text("first\n")
    assert directory.look(0) == []
    log.unlink()
    assert directory.look(1) == []
    assert brought(directory, 2) == ["first"]
    directory.close()


def test_of_many_deleted_files_some_are_let_go(tmp_path: Path) -> None:
    directory = begun(tmp_path)
    for number in range(MOST_DELETED + 2):
        (tmp_path / f"worker{number}.log").write_text("12345\n")
    assert directory.look(0) == []
    for log in tmp_path.iterdir():
        log.unlink()
    assert [farewell.gap for farewell in directory.look(1)] == [6, 6]
    assert len(brought(directory, 2)) == MOST_DELETED
    directory.close()


def test_while_the_database_is_away_deleted_files_are_let_go(tmp_path: Path) -> None:
    directory = begun(tmp_path)
    log = tmp_path / "worker1.log"
    log.write_text("12345\n")
    directory.look(0)
    log.unlink()
    (farewell,) = directory.look(1, away=True)
    assert (farewell.gap, farewell.position.service) == (6, "worker1") and farewell.reason
    directory.close()
