"""JSON that every decoder takes."""

import datetime
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagews.protocol import MAX_BODY
from sagews.session import bodies


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("é😀", "é😀"),
        ("\ud8ff", "\\ud8ff"),
        (b"\x89PNG", "iVBORw=="),
        (float("nan"), None),
        ([float("inf"), 1.5], [None, 1.5]),
        ({1: 2}, {"1": 2}),
        ({(1, 2): 3}, {"(1, 2)": 3}),
        ({1}, [1]),
        (Decimal("1.5"), "Decimal('1.5')"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        ((1, (2,)), [1, [2]]),
        (True, True),
        (2**70, 2**70),
    ],
)
def test_values(value: Any, expected: Any) -> None:
    assert json.loads(bodies.encode({"value": value})) == {"value": expected}


def test_what_has_no_end() -> None:
    value: list[Any] = []
    value.append(value)
    assert json.loads(bodies.encode({"value": value}))
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert json.loads(bodies.encode({"value": deep}))


@given(
    st.recursive(
        st.none() | st.text() | st.floats() | st.binary(),
        lambda part: st.lists(part) | st.dictionaries(st.text(), part),
    )
)
def test_any_value_becomes_ascii_that_utf_8_can_carry(value: Any) -> None:
    decoded = json.loads(bodies.encode({"value": value}).decode("ascii"))
    json.dumps(decoded, allow_nan=False, ensure_ascii=False).encode()


def test_the_limit() -> None:
    assert bodies.bounded({"a": "x" * MAX_BODY}) is None
    assert bodies.bounded({"a": "x"}, buffers=MAX_BODY) is None
    assert bodies.bounded({"a": "x"}) == b'{"a": "x"}'
