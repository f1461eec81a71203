"""Which Unix users have to be there before services start."""

from pathlib import Path

from sagews.admin.here.accounts import needed
from sagews.admin.program import Answers, Program


def program(name: str, user: str) -> Program:
    answers = Answers(address="127.0.0.1:1")
    place = Path("/")
    return Program(name=name, kind=name, command=("/x",), user=user, directory=place, log=place / name, answers=answers)


def test_the_sites_own_are_needed_by_whatever_starts_first() -> None:
    """Their groups have files that all services share; users of packages are not made here."""
    database = program("postgresql", "postgres")
    every = [database, program("memcached", "memcache"), program("logwatch", "sagews-logwatch")]
    assert needed([database], every) == {"postgres", "sagews-logwatch"}
    assert needed(every, every) == {"postgres", "memcache", "sagews-logwatch"}
    # An ordinary user's site has none.
    assert needed([program("worker", "")], [program("worker", "")]) == {""}
