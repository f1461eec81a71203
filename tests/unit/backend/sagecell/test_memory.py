"""What a client has for certain when it comes back."""

import time

from sagews.backend.sagecell.ids import Id
from sagews.backend.sagecell.memory import NOTICED, Asked, Memory

ONE, TWO = Id("w1-1", "t" * 32, False), Id("w1-2", "t" * 32, False)


def test_a_client_is_told_again_from_where_it_may_have_lost_something() -> None:
    known = Memory().enter(ONE, lambda: None)
    assert known.heard == 0
    known.sequence = 30
    known.asked["waits"] = Asked({})
    assert known.heard == 30
    known.asked["old"] = Asked({}, began_after=3, ended=time.monotonic() - NOTICED - 1)
    assert known.heard == 30
    known.asked["runs"] = Asked({}, began_after=20)
    known.asked["recent"] = Asked({}, began_after=10, ended=time.monotonic())
    assert known.heard == 10


def test_the_last_who_comes_has_the_session() -> None:
    left: list[str] = []
    memory = Memory()
    first = memory.enter(ONE, lambda: left.append("first"))
    memory.enter(TWO, lambda: left.append("other"))
    assert memory.enter(ONE, lambda: left.append("second")) is first and left == ["first"]
    memory.forget(ONE)
    assert memory.enter(ONE, lambda: None) is not first and left == ["first"]
