"""What a provider says of a person, as far as it is taken over."""

import pytest

from sagews.backend.sign_in.provider import address_of, is_subject, name_of, text_of


@pytest.mark.parametrize("said", ["a@b.example", "A.b+c@sub.example.org", "é@b.example"])
def test_addresses(said: str) -> None:
    assert address_of(said) == said


@pytest.mark.parametrize(
    "said",
    [
        *(
            None,
            5,
            [],
            "",
            "a",
            "@b",
            "a@",
            "a b@c",
            "<a@b>",
            "a@b,c@d",
            "a@b\n",
            "a\u202e@b",
            "a" * 320 + "@b",
            "\ud800@b",
        )
    ],
)
def test_what_is_no_address(said: object) -> None:
    assert address_of(said) == ""


def test_names_are_what_can_be_seen_of_them() -> None:
    assert text_of(" Ada\u202e Lovelace\n\x1b[31m\ud800 ") == "Ada Lovelace[31m"
    assert text_of("x" * 321) == "" and text_of(None) == "" and text_of(["a"]) == ""
    assert name_of({"name": "Ada", "preferred_username": "ada"}) == "Ada"
    assert name_of({"name": 5, "preferred_username": "ada"}) == "ada"
    assert name_of({}) == ""


@pytest.mark.parametrize(("said", "fits"), [("1", True), ("a|b/c", True), ("x" * 255, True), ("x" * 256, False)])
def test_subjects(said: str, fits: bool) -> None:
    assert is_subject(said) is fits


@pytest.mark.parametrize("said", [None, 5, "", "é", "a\n", "\0", True])
def test_what_is_no_subject(said: object) -> None:
    assert not is_subject(said)
