"""What PostgreSQL keeps of a password."""

import base64

from sagews.admin.scram import fits, verifier


def test_a_verifier_is_that_of_the_standard() -> None:
    # The user "user" of RFC 7677, 3, whose password is "pencil"; the keys follow from its salt (RFC 5802, 3).
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    assert verifier("pencil", salt) == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


def test_a_verifier_fits_its_own_password() -> None:
    made = verifier("one")
    assert made != verifier("one") and fits(made, "one") and not fits(made, "two")
    assert not any(fits(text, "one") for text in ("", "SCRAM-SHA-256$x", "a$b:=$c", made[:-1], f"{made} "))
