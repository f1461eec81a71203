"""Code as links carry it."""

import base64
import zlib

import pytest

from sagews.backend.sagecell.permalink import packed, unpacked


@pytest.mark.parametrize("text", ["", "1+1", "ä" * 1000, "x < 1\n"])
def test_what_is_packed_is_unpacked(text: str) -> None:
    whole = packed(text)
    assert unpacked(whole, 10_000) == unpacked(whole.rstrip("="), 10_000) == text
    assert unpacked(whole.replace("-", "+").replace("_", "/"), 10_000) == text


BOMB = base64.urlsafe_b64encode(zlib.compress(b"x" * 10_000_000)).decode()
LATIN = base64.urlsafe_b64encode(zlib.compress(b"\xe4")).decode()


@pytest.mark.parametrize("text", ["", "!", "ä", "AAAA", packed("1+1")[:8], BOMB, LATIN, "a b", "====", "A"])
def test_what_cannot_be_unpacked(text: str) -> None:
    with pytest.raises(ValueError):
        unpacked(text, 10_000)
