"""What a WebSocket agrees to, and with what it is closed."""

import pytest

from sagews.backend.websocket import closing_code, extension


@pytest.mark.parametrize("code", [1000, 1001, 1011, 1014, 3000, 4401, 4999])
def test_a_close_comes_back_with_its_code(code: int) -> None:
    assert closing_code(code) == code


def test_one_without_a_code_is_answered_with_a_normal_one() -> None:
    assert closing_code(0) == 1000


@pytest.mark.parametrize("code", [1004, 1005, 1006, 1015, 5000, 65535])
def test_a_code_that_no_peer_may_send_is_a_breach(code: int) -> None:
    assert closing_code(code) == 1002


def test_each_message_is_compressed_by_itself() -> None:
    assert extension(15) == "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    assert extension(9) == extension(15) + "; server_max_window_bits=9"
