"""The line of those who wait: in which order, who has to leave it, who is told what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagews.backend.waiting import Waiter, WaitingLine


class Told(list[tuple[int, int]]):
    """What one of them was told."""

    def take(self, place: int, waiting: int) -> None:
        self.append((place, waiting))


def joined(line: WaitingLine, readers: str) -> list[Waiter]:
    """Put one request in line for each letter, which names its reader."""
    waiters = [Waiter(reader, Told().take) for reader in readers]
    for waiter in waiters:
        line.join(waiter)
    return waiters


def order(line: WaitingLine) -> str:
    return "".join(waiter.reader for waiter in line)


@pytest.mark.parametrize(
    ("came", "stand"),
    [
        ("abc", "abc"),
        ("aaab", "abaa"),
        ("aaabbc", "abcaba"),
        ("aabab", "ababa"),
        ("", ""),
    ],
)
def test_the_first_of_each_reader_comes_before_the_second_of_any(came: str, stand: str) -> None:
    line = WaitingLine(10)
    joined(line, came)
    assert order(line) == stand


def test_who_comes_later_does_not_come_before_those_whose_round_it_is() -> None:
    line = WaitingLine(10)
    first, *_ = joined(line, "aaa")
    line.leave(first)
    joined(line, "b")
    # The second of a's is the oldest now, and in the same round as the first of b's.
    assert order(line) == "aba"


def test_a_full_line_drops_the_last_request_of_whoever_has_most() -> None:
    line = WaitingLine(4)
    waiters = joined(line, "aaab")
    newcomer = Waiter("c", Told().take)
    assert line.join(newcomer) is waiters[2]
    assert waiters[2].displaced and order(line) == "abca"
    line.join(Waiter("d", Told().take))
    assert order(line) == "abcd"
    # Now nobody has so much more that giving way would be fairer.
    for reader in "ae":
        with pytest.raises(ValueError, match="full"):
            line.join(Waiter(reader, Told().take))
    assert order(line) == "abcd"


def test_one_who_tries_to_get_a_place_is_not_displaced() -> None:
    line = WaitingLine(2)
    first, second = joined(line, "aa")
    assert line.call(2) == [first, second]
    with pytest.raises(ValueError, match="full"):
        line.join(Waiter("b", Told().take))


def test_no_line_at_all() -> None:
    with pytest.raises(ValueError, match="full"):
        WaitingLine(0).join(Waiter("a", Told().take))


def test_as_many_are_called_as_there_are_places() -> None:
    line = WaitingLine(10)
    one, two, three = joined(line, "abc")
    assert line.call(0) == [] and line.call(-1) == []
    assert line.call(1) == [one]
    assert line.call(1) == []
    assert line.call(2) == [two]
    one.called = False
    assert line.call(2) == [one]
    line.leave(one)
    line.leave(one)
    assert line.call(2) == [three]


def test_each_is_told_its_place_when_it_has_changed() -> None:
    line = WaitingLine(10)
    told = {reader: Told() for reader in "abc"}
    waiters = {reader: Waiter(reader, told[reader].take) for reader in "abc"}
    line.join(waiters["a"])
    line.join(waiters["b"])
    line.tell()
    line.join(waiters["c"])
    line.tell()
    assert told == {"a": [(1, 2)], "b": [(2, 2)], "c": [(3, 3)]}
    line.leave(waiters["a"])
    line.tell()
    line.tell()
    assert told == {"a": [(1, 2)], "b": [(2, 2), (1, 2)], "c": [(3, 3), (2, 2)]}


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=60), st.integers(1, 8))
def test_who_comes_new_stands_behind_one_of_each_other_reader_at_most(steps: list[tuple[str, bool]], most: int) -> None:
    line = WaitingLine(most)
    for reader, comes in steps:
        if comes:
            is_new = reader not in order(line)
            try:
                line.join(Waiter(reader, Told().take))
            except ValueError:
                assert len(line) == most
                continue
            ahead = order(line).partition(reader)[0]
            assert not is_new or len(ahead) == len(set(ahead)), order(line)
        elif len(line):
            line.leave(next(iter(line)))
        assert len(line) <= most
        assert [waiter.turn for waiter in line] == sorted(waiter.turn for waiter in line)
