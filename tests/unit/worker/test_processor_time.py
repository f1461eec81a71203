"""Processor time of processes that are waited for, and of those that are not."""

from sagews.worker.processor_time import ProcessorTime, Seen

MAIN = Seen(began=1, own=100, waited=20)


def test_what_was_used_before_does_not_count() -> None:
    time = ProcessorTime({1: MAIN})
    time.take({1: MAIN})
    assert time.ticks == 0
    time.take({1: Seen(1, 107, 23)})
    assert time.ticks == 10


def test_a_child_that_is_waited_for_counts_once() -> None:
    time = ProcessorTime({1: MAIN})
    time.take({1: MAIN, 2: Seen(2, 30, 0)})
    assert time.ticks == 30
    time.take({1: Seen(1, 100, 55)})
    assert time.ticks == 35


def test_of_a_child_that_nobody_waits_for_what_was_seen_counts() -> None:
    time = ProcessorTime({1: MAIN})
    for number in range(2, 12):
        time.take({1: MAIN, number: Seen(number, 15, 5)})
    time.take({1: MAIN})
    assert time.ticks == 200


def test_the_same_number_again_is_another_process() -> None:
    time = ProcessorTime({1: MAIN})
    time.take({1: MAIN, 2: Seen(2, 30, 0)})
    time.take({1: MAIN, 2: Seen(9, 4, 0)})
    assert time.ticks == 34


def test_those_are_named_that_are_not_seen_any_more() -> None:
    time = ProcessorTime({1: MAIN})
    child = Seen(2, 30, 0)
    time.take({1: MAIN, 2: child})
    assert list(time.unseen({1: MAIN})) == [(2, child)]
    assert list(time.unseen({1: MAIN, 2: child})) == []
    time.take({1: MAIN, 2: child})
    assert time.ticks == 30


def test_it_never_goes_back() -> None:
    time = ProcessorTime({1: MAIN})
    time.take({1: Seen(1, 150, 20)})
    time.take({})
    assert time.ticks == 50
