"""Whoever is not signed in is told what went wrong and what to do."""

import pytest

from sagews.backend.sign_in.refused import Refused, Why


@pytest.mark.parametrize("why", list(Why))
def test_every_reason_has_words_and_a_status(why: Why) -> None:
    refused = Refused(why, "for the log")
    what, todo = refused.words("Example")
    assert 400 <= refused.status < 600
    assert what.endswith(".") and todo.endswith(".") and "{" not in what + todo
    assert "for the log" not in what + todo
