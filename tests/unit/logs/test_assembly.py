"""Bytes become records: lines that belong together, half lines, lines that never end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagews.logs.assembly import PATIENCE, Assembler
from sagews.logs.record import Raw

TRACEBACK = """\
Traceback (most recent call last):
  File "a.py", line 1, in f
    int("x")
ValueError: invalid literal

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 3, in g
    raise KeyError
KeyError
"""
GROUP = """\
  + Exception Group Traceback (most recent call last):
  |   File "a.py", line 1, in <module>
  | ExceptionGroup: several (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | ValueError: 1
    +------------------------------------
"""


def records(text: str, longest: int = 4096) -> list[str]:
    assembler = Assembler(0, longest)
    return [raw.text.decode() for raw in assembler.feed(text.encode()) + assembler.finish()]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("one\ntwo\n", 2),
        ('{"event": "one"}\n{"event": "two"}\n', 2),
        ("one\n  more of it\n\tand more\ntwo\n", 2),
        (TRACEBACK, 1),
        (GROUP, 1),
        ("one\n" + TRACEBACK + "two\n", 3),
        ("2026-11-26 07:00:00 ERROR it failed\n" + TRACEBACK + "two\n", 2),
        ('{"event": "one"}\n' + TRACEBACK + '{"event": "two"}\n', 3),
        (TRACEBACK + TRACEBACK, 2),
        ("Traceback (most recent call last):\n  File\nKeyboardInterrupt\nKeyboardInterrupt\n", 2),
        ("\n\n  \none\n\n\n", 1),
        ("", 0),
    ],
)
def test_lines_that_belong_together_are_one_record(text: str, count: int) -> None:
    assert len(records(text)) == count


def test_a_traceback_is_kept_whole() -> None:
    assert records("before\n" + TRACEBACK + "after\n")[1] == TRACEBACK.rstrip()


def test_half_a_line_is_held_until_its_end() -> None:
    assembler = Assembler(10, 100)
    assert assembler.feed(b'{"event"') == [] and assembler.held == 8
    assert assembler.settle() == [] and assembler.done == 10
    assert assembler.feed(b": 1}\n") == [Raw(10, b'{"event": 1}')]
    assert assembler.done == 23 and not assembler.is_open


def test_an_open_record_is_given_out_when_nothing_more_comes() -> None:
    assembler = Assembler(0, 100)
    assert assembler.feed(b"one\n two\nha") == [Raw(0, b"one\n two")][:0]
    assert assembler.is_open and assembler.done == 0
    assert assembler.settle() == [Raw(0, b"one\n two")] and assembler.done == 9
    assert assembler.finish() == [Raw(9, b"ha")] and assembler.done == 11


def test_what_is_too_long_is_cut_and_counted() -> None:
    assembler = Assembler(0, 1024)
    raws = [raw for _ in range(3000) for raw in assembler.feed(b"x" * 1000)]
    assert raws == [] and assembler.held == 3_000_000
    raws = assembler.feed(b"\nnext\n") + assembler.settle()
    assert raws == [Raw(0, b"x" * 1024, 3_000_000 - 1024), Raw(3_000_001, b"next")]


def test_a_record_of_endless_lines_is_closed() -> None:
    assembler = Assembler(0, 1024)
    raws = [raw for _ in range(400) for raw in assembler.feed(b" " + b"y" * 98 + b"\n")]
    assert len(raws) == 2 and all(len(raw.text) <= 1024 for raw in raws)
    assert raws[0].cut >= (PATIENCE - 2) * 1024


PIECES = st.lists(
    st.sampled_from(
        [
            *TRACEBACK.encode().splitlines(True),
            b"one\n",
            b" two\n",
            b'{"a": 1}\n',
            b"\n",
            b"\r\n",
            b"half",
            b"\0\xff",
            b"x" * 900,
        ]
    )
)


@given(PIECES, st.integers(1, 50), st.sampled_from([64, 1024]))
def test_it_is_the_same_however_the_bytes_come(pieces: list[bytes], size: int, longest: int) -> None:
    data = b"".join(pieces)
    whole, little = Assembler(0, longest), Assembler(0, longest)
    expected = whole.feed(data) + whole.finish()
    found = [raw for at in range(0, len(data), size) for raw in little.feed(data[at : at + size])] + little.finish()
    assert found == expected and whole.done == little.done == len(data)
    ends = [raw.offset for raw in expected[1:]] + [len(data)]
    for raw, end in zip(expected, ends, strict=False):
        # Nothing is lost: what is not in the record was counted, or is white space.
        assert data[raw.offset :].startswith(raw.text.split(b"\n")[0])
        assert len(raw.text) <= longest
        # White space at the end of what was kept is not kept.
        assert len(data[raw.offset : end].strip()) <= len(raw.text) + raw.cut + 2 + longest // 8
