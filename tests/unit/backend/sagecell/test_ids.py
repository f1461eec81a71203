"""Ids: what they say, and what is none."""

import pytest

from sagews.backend.sagecell.ids import Id

TOKEN = "aB-_" * 8


@pytest.mark.parametrize("identity", [Id("w1-4ca8def53c7339a5", TOKEN, True), Id("worker2-0", TOKEN, False)])
def test_an_id_says_what_it_was_made_of(identity: Id) -> None:
    assert Id.read(str(identity)) == identity


@pytest.mark.parametrize(
    "text",
    [
        *("", "c", ".", f"c{TOKEN}", f"x{TOKEN}.w1-0", f"c{TOKEN}.w1-0\n", f"c{TOKEN}.w1/0", f"c{TOKEN}.", "c.w1-0"),
        *(
            f"c{TOKEN[:15]}.w1-0",
            f"c{TOKEN * 5}.w1-0",
            f"c{TOKEN}.W1-0",
            f"c{TOKEN}.ä",
            "ce20fada-f757-45e5-92fa-05e952dd9c87",
        ),
    ],
)
def test_what_is_no_id(text: str) -> None:
    assert Id.read(text) is None
