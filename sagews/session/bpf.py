"""A small assembler for classic BPF, the machine that runs seccomp's filters (Linux's networking/filter.rst).

A program is written as a decision tree: `Load` and `Mask` fill the accumulator
and go on, `Branch` goes one of two ways, `Return` ends. So that no path can miss
its end or go in a circle, and no jump has to be counted by hand.
"""

import enum
import struct
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

MOST = 4096
"""Instructions that the system takes in one program (BPF_MAXINSNS)."""

_LOAD, _MASK, _RETURN, _JUMP = 0x20, 0x54, 0x06, 0x05  # ld [k]; and #k; ret #k; ja k
_FARTHEST = 255


class Compare(enum.IntEnum):
    """How a `Branch` compares the accumulator with its values, all without a sign."""

    EQUAL = 0x15
    AT_LEAST = 0x35
    ANY_BIT = 0x45


class Return(NamedTuple):
    """End with this answer."""

    answer: int


class Load(NamedTuple):
    """Take the 32 bits at this offset of the data; go on."""

    offset: int
    then: "Node"


class Mask(NamedTuple):
    """Keep only these bits of the accumulator; go on."""

    bits: int
    then: "Node"


class Branch(NamedTuple):
    """Go on with `yes` if the comparison holds for one of the values, with `no` if for none."""

    compare: Compare
    values: tuple[int, ...]
    yes: "Node"
    no: "Node"


Node: TypeAlias = Return | Load | Mask | Branch


def search(cases: Sequence[tuple[int, Node]]) -> Node:
    """Return a tree that finds the last case that starts at or below the accumulator, by halves.

    The cases are in ascending order; what is below the first belongs to it.
    """
    if len(cases) == 1:
        return cases[0][1]
    middle = len(cases) // 2
    return Branch(Compare.AT_LEAST, (cases[middle][0],), search(cases[middle:]), search(cases[:middle]))


def assemble(tree: Node) -> bytes:
    """Return the program as an array of `struct sock_filter`.

    Raises ValueError if it has more instructions than the system takes.
    """
    instructions = _instructions(tree)
    if len(instructions) > MOST:
        raise ValueError(f"{len(instructions)} instructions are more than a filter can have ({MOST})")
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)


_Instruction: TypeAlias = tuple[int, int, int, int]
"""Code, how many instructions to skip if true and if false, operand."""


def _instructions(node: Node) -> list[_Instruction]:
    match node:
        case Return(answer):
            return [(_RETURN, 0, 0, answer)]
        case Load(offset, then):
            return [(_LOAD, 0, 0, offset), *_instructions(then)]
        case Mask(bits, then):
            return [(_MASK, 0, 0, bits), *_instructions(then)]
        case Branch(compare, values, yes, no):
            first, second = _instructions(yes), _instructions(no)
            # A conditional jump reaches only so far; an unconditional one reaches everything.
            over = [] if len(first) <= _FARTHEST else [(_JUMP, 0, 0, len(first))]
            comparisons = [(compare, left + len(over), 0, value) for left, value in _count_down(values)]
            if not over:
                comparisons[-1] = (compare, 0, len(first), values[-1])
            return [*comparisons, *over, *first, *second]


def _count_down(values: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return each value with the number of those that come after it."""
    return [(len(values) - 1 - index, value) for index, value in enumerate(values)]
