"""What a session writes becomes pieces of text: joined, in order, never half a character."""

from hypothesis import given
from hypothesis import strategies as st

from sagews.worker.text import PAUSE, PIECE, StreamText, cut


def test_the_first_write_goes_out_at_once() -> None:
    assert StreamText().feed(1, b"a\n", now=0.0) == [("stdout", "a\n")]


def test_writes_that_follow_quickly_are_joined() -> None:
    text = StreamText()
    text.feed(1, b"a", now=0.0)
    assert text.feed(1, b"b", now=PAUSE / 3) == []
    assert text.feed(1, b"c", now=PAUSE / 2) == []
    assert text.due == PAUSE
    assert text.flush(now=PAUSE) == [("stdout", "bc")]
    assert text.due is None


def test_the_other_stream_ends_the_piece() -> None:
    text = StreamText()
    text.feed(1, b"a", now=0.0)
    text.feed(1, b"b", now=0.001)
    assert text.feed(2, b"x", now=0.002) == [("stdout", "b")]
    assert text.flush(now=0.003) == [("stderr", "x")]


def test_a_long_piece_does_not_wait() -> None:
    text = StreamText()
    text.feed(1, b"a", now=0.0)
    assert text.feed(1, b"b" * PIECE, now=0.001) == [("stdout", "b" * PIECE)]


def test_half_a_character_waits_for_its_other_half() -> None:
    text = StreamText()
    assert text.feed(1, "é".encode()[:1], now=0.0) == []
    assert text.feed(1, "é".encode()[1:], now=0.1) == [("stdout", "é")]


def test_half_a_character_at_the_end_is_shown_as_one() -> None:
    text = StreamText()
    text.feed(1, b"\xe2", now=0.0)
    assert text.flush(now=0.1, final=True) == [("stdout", "\ufffd")]


@given(st.text(), st.integers(1, 7))
def test_however_the_bytes_are_cut_the_text_is_the_same(whole: str, step: int) -> None:
    data = whole.encode("utf-8", "replace")
    text, pieces = StreamText(), []
    for at in range(0, len(data), step):
        pieces += text.feed(1, data[at : at + step], now=float(at))
    pieces += text.flush(now=1e9, final=True)
    assert "".join(piece for _, piece in pieces) == data.decode()


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(-5, 50))
def test_a_cut_text_fits_and_is_a_beginning(text: str, room: int) -> None:
    kept = cut(text, room)
    assert text.startswith(kept)
    assert len(kept.encode()) <= max(room, 0)
