"""What pycrdt raises: its panics are no exceptions, and are caught all the same."""

import asyncio
from typing import Any

import pytest
from pycrdt import Doc, Map

from sagews.backend.worksheets.binding import GarbledError, checked
from sagews.errors import WorksheetError


def test_a_panic_is_caught() -> None:
    doc: Doc[Any] = Doc()
    numbers: Map[Any] = doc.get("meta", type=Map)
    with pytest.raises(BaseException) as caught:
        numbers["a"] = 1 << 63
    assert not isinstance(caught.value, Exception)
    with pytest.raises(GarbledError, match="meta: cannot be read"), checked("meta"):
        numbers["a"] = 1 << 63


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(), asyncio.CancelledError(), WorksheetError("no")])
def test_what_is_meant_for_others_goes_on(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, checked():
        raise error
    assert caught.value is error


def test_an_exception_becomes_the_error() -> None:
    with pytest.raises(GarbledError, match="update: cannot be read; reload the page"), checked():
        raise ValueError
