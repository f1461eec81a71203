"""What is remembered while the database is away is bounded; what PostgreSQL refuses becomes simpler."""

from sagews.logs.position import Farewell, Position
from sagews.logs.record import Record
from sagews.logwatch.follower import MOST_FAREWELLS, merged, simpler


def farewell(service: str, gap: int | None, file: int | None = None) -> Farewell:
    return Farewell(position=Position(service=service, name=f"{service}.log", device=1, inode=2, file=file), gap=gap)


def test_few_farewells_stay_as_they_are() -> None:
    few = [farewell("a", 10)] * MOST_FAREWELLS
    assert merged(few) is few


def test_many_files_that_nobody_knows_become_one_gap_for_each_service() -> None:
    known = [farewell("a", 5, file=7), farewell("a", None)]
    less = merged([*known, *[farewell("a", 2), farewell("b", 3)] * MOST_FAREWELLS])
    assert less[:2] == known
    assert [(it.position.service, it.gap) for it in less[2:]] == [("a", 2 * MOST_FAREWELLS), ("b", 3 * MOST_FAREWELLS)]


def test_a_refused_record_loses_its_data_first() -> None:
    record = Record(0, 1.0, "info", "message", '{"x": 1}')
    assert simpler(record) == Record(0, 1.0, "info", "message", None)
    assert simpler(simpler(record)).message == "(a record that PostgreSQL refused)"
