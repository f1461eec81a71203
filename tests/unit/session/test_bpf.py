"""The assembler: a tree in, instructions out, and what they answer."""

import struct

import pytest

from sagews.session.bpf import MOST, Branch, Compare, Load, Mask, Node, Return, assemble, search
from tests.unit.session.bpf_machine import run


def answer(tree: Node, word: int) -> int:
    return run(assemble(Load(0, tree)), struct.pack("=I", word))


def test_the_instructions_are_those_of_the_kernel() -> None:
    tree = Load(4, Branch(Compare.EQUAL, (7,), Return(1), Return(2)))
    assert assemble(tree).hex(" ", 8) == "2000000004000000 1500000107000000 0600000001000000 0600000002000000"


@pytest.mark.parametrize(
    ("compare", "values", "yes", "no"),
    [
        (Compare.EQUAL, (5,), [5], [4, 6, 0xFFFF_FFFF]),
        (Compare.EQUAL, (5, 9, 0x8000_0000), [5, 9, 0x8000_0000], [0, 8, 10]),
        (Compare.AT_LEAST, (0x8000_0000,), [0x8000_0000, 0xFFFF_FFFF], [0, 0x7FFF_FFFF]),
        (Compare.ANY_BIT, (6,), [2, 4, 7, 0xFFFF_FFFF], [0, 1, 8]),
    ],
)
def test_branches(compare: Compare, values: tuple[int, ...], yes: list[int], no: list[int]) -> None:
    tree = Branch(compare, values, Return(1), Return(0))
    assert [answer(tree, word) for word in yes] == [1] * len(yes)
    assert [answer(tree, word) for word in no] == [0] * len(no)


def test_a_mask_keeps_some_bits() -> None:
    assert answer(Mask(0xF0, Branch(Compare.EQUAL, (0x20,), Return(1), Return(0))), 0x1234_5628) == 1


def test_searching_finds_the_case_that_a_number_is_in() -> None:
    tree = search([(0, Return(10)), (3, Return(11)), (4, Return(12)), (100, Return(13)), (101, Return(14))])
    assert [answer(tree, word) for word in (0, 2, 3, 4, 99, 100, 101, 1 << 31)] == [10, 10, 11, 12, 12, 13, 14, 14]


@pytest.mark.parametrize("size", [254, 255, 256])
@pytest.mark.parametrize("values", [(1,), (1, 2, 3)])
def test_no_way_is_too_long_for_a_jump(size: int, values: tuple[int, ...]) -> None:
    long: Node = Return(5)
    for _ in range(size - 1):
        long = Mask(0xFF, long)
    tree = Branch(Compare.EQUAL, values, long, Return(6))
    assert [answer(tree, word) for word in (0, *values, 4)] == [6, *[5] * len(values), 6]


def test_searching_among_more_cases_than_a_jump_can_skip() -> None:
    tree = search([(number * 2, Return(number)) for number in range(1000)])
    program = assemble(Load(0, tree))
    assert [run(program, struct.pack("=I", word)) for word in range(2000)] == [word // 2 for word in range(2000)]


def test_a_program_that_the_system_would_refuse() -> None:
    with pytest.raises(ValueError, match="more than a filter can have"):
        assemble(search([(number, Return(number)) for number in range(MOST // 2 + 1)]))
