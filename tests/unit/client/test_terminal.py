"""Text of a session cannot steer a terminal; colours and progress bars still work."""

import pytest

from sagews.client.terminal import LONGEST_SEQUENCE, TerminalText, clean


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, λ ≤ 3\n", "plain, λ ≤ 3\n"),
        ("50%\r100%\b\tdone", "50%\r100%\b\tdone"),
        ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
        ("\x1b[38;2;1;2;3mrgb\x1b[m", "\x1b[38;2;1;2;3mrgb\x1b[m"),
        ("a\x1b[2Jb\x1b[10;20Hc", "abc"),
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x1b]52;c;aGk=\x1b\\b", "ab"),
        ("a\x1b]8;;file:///etc/passwd\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
        ("a\x1bP1$r0m\x1b\\b", "ab"),
        ("a\x1b_G\x1b\\b", "ab"),
        ("a\x9b2Jb\x9d0;t\x9cc", "abc"),
        ("a\x1bcb\x1b(0c\x1b7d", "abcd"),
        ("a\x1b[6nb", "ab"),
        ("a\x00b\x05c\x7fd", "a␀b␅c␡d"),
        ("bell\x07", "bell"),
        ("a\x85b", "a\ufffdb"),
        ("a\x1b]0;never ended\nb", "a\nb"),
        ("a\x1b[\x01b", "a␁b"),
    ],
)
def test_only_colours_and_harmless_controls_pass(text: str, shown: str) -> None:
    assert clean(text, colours=True) == shown


def test_colours_are_taken_out_where_they_are_not_wanted() -> None:
    assert clean("\x1b[1;31mred\x1b[0m") == "red"


def test_a_sequence_in_pieces_is_taken_out_as_one() -> None:
    for text, shown in (("a\x1b]0;title\x1b\\b", "ab"), ("a\x1b[31mb\x1b[0mc", "a\x1b[31mb\x1b[0mc"), ("\x9b1Jx", "x")):
        stream = TerminalText()
        assert "".join(stream.feed(character) for character in text) == shown


def test_colours_go_back_to_normal_at_the_end() -> None:
    stream = TerminalText()
    stream.feed("\x1b[31mred")
    assert stream.end() == "\x1b[0m"
    assert stream.end() == ""


def test_an_endless_sequence_holds_back_no_more_than_its_limit() -> None:
    stream = TerminalText()
    shown = stream.feed("\x1b]0;" + "x" * LONGEST_SEQUENCE * 2)
    assert "\x1b" not in shown
    assert len(stream.feed("y")) == 1


def test_cleaning_takes_time_in_proportion_to_the_text() -> None:
    hostile = "\x1b]" * 500_000 + "\x1b[" * 500_000
    assert "\x1b" not in clean(hostile)
