"""When interacts run: after all that has come at the same time."""

import asyncio
import time

from sagews.session.interact import due
from sagews.session.interact.due import Due


class One:
    def __init__(self, among: Due, after: "One | None" = None) -> None:
        self.among, self.after, self.runs = among, after, 0

    def run(self) -> None:
        self.among.forget(self)
        self.runs += 1
        if self.after is not None:
            self.among.add(self.after)


def test_what_changes_in_a_message_runs_once_when_it_is_asked_to() -> None:
    known = Due()
    one, other = One(known), One(known)
    with known.message():
        known.add(one)
        known.add(other)
        known.add(one)
        assert (one.runs, known.has(one)) == (0, True)
        known.run()
    assert (one.runs, other.runs, known.has(one)) == (1, 1, False)


def test_what_changes_in_a_cell_runs_at_its_end() -> None:
    known = Due()
    one = One(known)
    known.cell_begins()
    known.add(one)
    known.add(one)
    assert one.runs == 0
    known.cell_ends()
    assert one.runs == 1


def test_what_becomes_due_in_a_run_runs_the_next_time() -> None:
    known = Due()
    second = One(known)
    first = One(known, after=second)
    with known.message():
        known.add(first)
        known.run()
        assert (first.runs, second.runs) == (1, 0)
        known.run()
        assert second.runs == 1


async def test_what_a_task_in_the_background_changes_runs_in_the_loop() -> None:
    known = Due()
    one = One(known)
    known.add(one)
    known.add(one)
    assert one.runs == 0
    await asyncio.sleep(0)
    assert one.runs == 1


def test_what_is_closed_does_not_run() -> None:
    known = Due()
    one = One(known)
    with known.message():
        known.add(one)
        known.forget(one)
        known.run()
    assert one.runs == 0


def test_messages_without_a_pause_do_not_put_it_off_for_ever() -> None:
    known = Due()
    with known.message():
        assert not known.is_urgent
        known.add(One(known))
        assert not known.is_urgent
        time.sleep(due.PATIENCE + 0.01)
        assert known.is_urgent
