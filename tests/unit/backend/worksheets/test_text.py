"""Edits by characters, whatever pycrdt counts: it is bytes of UTF-8, and an offset within a character is a panic."""

import random
from typing import Any

import pytest
from pycrdt import Doc, Text

from sagews.backend.worksheets.binding import GarbledError, checked
from sagews.backend.worksheets.text import delete, insert, is_plain, replace
from tests.unit.backend.worksheets.backends import WORDS


@pytest.fixture
def text() -> Text:
    doc: Doc[Any] = Doc()
    text: Text = doc.get("text", type=Text)
    text += "é😀x"
    return text


def test_pycrdt_counts_bytes(text: Text) -> None:
    # If this fails it counts something else now, and `text.py` is the place to tell.
    assert len(text) == 7
    with pytest.raises(GarbledError), checked():
        del text[1:3]


def test_a_letter_comes_where_it_was_to_come(text: Text) -> None:
    insert(text, 1, "Z")
    assert str(text) == "éZ😀x"
    delete(text, 0, 1)
    assert str(text) == "Z😀x"
    delete(text, 1, 2)
    assert str(text) == "Zx"
    insert(text, 2, "学")
    assert str(text) == "Zx学" and is_plain(text)
    insert(text, 0, "")
    delete(text, 1, 1)
    assert str(text) == "Zx学"


def test_what_is_not_within_is_refused(text: Text) -> None:
    for start, stop in ((-1, 0), (2, 1), (0, 4), (4, 4)):
        with pytest.raises(IndexError, match="is not within a text of 3 characters"):
            delete(text, start, stop)
    with pytest.raises(IndexError):
        insert(text, 4, "x")
    assert str(text) == "é😀x"


@pytest.mark.parametrize(
    ("before", "after"), [("", "λ"), ("λ", ""), ("aβc", "aλc"), ("aaa", "aa"), ("👩‍👩‍👧", "👩‍👧"), ("学", "学")]
)
def test_a_text_becomes_another_one(before: str, after: str) -> None:
    doc: Doc[Any] = Doc()
    text: Text = doc.get("text", type=Text)
    insert(text, 0, before)
    replace(text, after)
    assert str(text) == after


def test_random_edits_are_those_of_a_string(text: Text) -> None:
    chance, wanted = random.Random(1), str(text)
    for _ in range(500):
        start = chance.randint(0, len(wanted))
        stop = chance.randint(start, min(len(wanted), start + 3))
        word = chance.choice(WORDS)
        what = chance.randrange(3)
        if what == 0:
            insert(text, start, word)
            wanted = wanted[:start] + word + wanted[start:]
        elif what == 1:
            delete(text, start, stop)
            wanted = wanted[:start] + wanted[stop:]
        else:
            wanted = wanted[:start] + word + wanted[stop:]
            replace(text, wanted)
        assert str(text) == wanted
