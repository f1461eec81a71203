"""Frames: bytes in, payloads out, sizes checked before anything is allocated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagews.errors import ProtocolError
from sagews.protocol import MAX_FRAME
from sagews.protocol.framing import FrameReader, frame


def test_a_frame_is_its_length_and_its_bytes() -> None:
    assert frame(b"abc") == b"\0\0\0\x03abc"


def test_a_payload_over_the_limit_is_not_framed() -> None:
    with pytest.raises(ProtocolError, match="is over"):
        frame(bytes(MAX_FRAME + 1))


@given(st.lists(st.binary(max_size=300), max_size=8), st.integers(1, 50))
def test_however_the_stream_is_cut_the_payloads_are_the_same(payloads: list[bytes], step: int) -> None:
    stream = b"".join(map(frame, payloads))
    reader = FrameReader()
    read = [payload for at in range(0, len(stream), step) for payload in reader.feed(stream[at : at + step])]
    assert read == payloads
    assert reader.pending == 0


def test_a_huge_length_is_refused_from_its_four_bytes_alone() -> None:
    with pytest.raises(ProtocolError, match="4294967295 bytes is over"):
        FrameReader().feed(b"\xff\xff\xff\xff")


def test_a_peer_that_ends_in_the_middle_of_a_frame_left_something_pending() -> None:
    reader = FrameReader()
    assert reader.feed(b"\0\0\0\x05ab") == []
    assert reader.pending == 6
