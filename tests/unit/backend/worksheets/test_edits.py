"""Edits of texts: they make one text the other, few as they are, and are done in a third one without loss."""

import os
from itertools import pairwise
from random import Random

import pytest

from sagews.backend.worksheets.edits import MOST_STEPS, edited, edits, edits_onto, runs

ROUNDS = 100_000 if os.environ.get("SAGEWS_PROVE") else 2_000
LETTERS = "ab\n\r\x85é学😀\u0301"


def words(random: Random, most: int = 20) -> str:
    return "".join(random.choice(LETTERS) for _ in range(random.randrange(most)))


def changed(random: Random, text: str) -> str:
    for _ in range(random.randrange(4)):
        start = random.randrange(len(text) + 1)
        text = text[:start] + words(random, 4) + text[start + random.randrange(3) :]
    return text


def test_edits_make_one_text_the_other() -> None:
    random = Random(1)
    for _ in range(ROUNDS):
        old = words(random)
        new = random.choice([changed(random, old), words(random)])
        found = edits(old, new)
        assert edited(old, found) == new
        assert all(stop <= start for (_, stop, _), (start, _, _) in pairwise(found))


def test_a_letter_more_is_one_edit() -> None:
    assert edits("a = 1\nb😀 = 2\n", "a = 1\nb😀😀 = 2\n") in ([(8, 8, "😀")], [(7, 7, "😀")])
    assert edits("x\ny\nz\n", "x\nz\n") == [(2, 4, "")]


def test_what_is_too_different_is_one_change() -> None:
    old, new = "".join(f"{n}a\n" for n in range(5000)), "".join(f"{n}b\n" for n in range(5000))
    assert edited(old, edits(old, new)) == new
    assert runs(range(MOST_STEPS + 1), range(MOST_STEPS + 1, 2 * MOST_STEPS + 2)) == []
    hostile = "ab" * 30_000
    assert edited(hostile, edits(hostile, hostile[::-1] + "c")) == hostile[::-1] + "c"


def test_edits_onto_a_text_that_has_changed() -> None:
    random = Random(2)
    for _ in range(ROUNDS):
        base = words(random)
        ours, theirs = changed(random, base), changed(random, base)
        assert edited(base, edits_onto(base, base, theirs)) == theirs
        assert edits_onto(ours, base, base) == []
        assert edits_onto(ours, base, ours) == []
        edited(ours, edits_onto(ours, base, theirs))


@pytest.mark.parametrize(
    ("ours", "base", "theirs", "both"),
    [
        ("1\n2\n3 ours\n", "1\n2\n3\n", "0\n1\n2\n3\n", "0\n1\n2\n3 ours\n"),
        ("one two", "one", "one", "one two"),
        ("abcd", "", "abc", "abcd"),
        ("x A", "x ", "x B", "x AB"),
        ("keep", "keep gone", "keep gone!", "keep!"),
        ("hello big world", "hello world", "hello", "hellobig "),
    ],
)
def test_what_both_did_stays(ours: str, base: str, theirs: str, both: str) -> None:
    assert edited(ours, edits_onto(ours, base, theirs)) == both
