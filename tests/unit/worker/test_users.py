"""The users of sessions: one at a time each, none of anybody else's."""

import asyncio
import os
import pwd

import pytest

from sagews.errors import ConfigurationError, ServiceError
from sagews.worker.users import COUNT, FIRST, Users, free_ids
from tests.unit.session.forks import coming_again

LEFT = 6_500_000 + os.getpid() % 100_000
WHOLE = "         0          0 4294967295\n"


def test_a_user_is_one_sessions_at_a_time() -> None:
    users = Users([(6001, 6001, "a"), (6002, 6002, "b")])
    one, two = users.take(), users.take()
    assert (one.uid, two.uid) == (6001, 6002)
    with pytest.raises(ServiceError, match="are all taken"):
        users.take()
    one.give_back()
    one.give_back()
    assert users.take().uid == 6001
    assert not users.has_free


def test_no_two_workers_of_a_machine_have_a_user_in_common() -> None:
    parts = [Users.named("7000-7004", number, 2) for number in range(2)]
    assert [[part.take().uid for _ in range(2)] for part in parts] == [[7000, 7002], [7001, 7003]]
    assert not parts[1].has_free and parts[0].take().uid == 7004
    for text, least in ((WHOLE, COUNT), ("0 1000 1\n1 100000 65536\n", 5000)):
        found = [free_ids(text, text, part=part) for part in range(8)]
        assert len(set().union(*found)) == sum(map(len, found)) and min(map(len, found)) >= least


def test_who_runs_something_is_not_handed_out_where_that_would_be_taken_for_the_sessions() -> None:
    users = Users([(os.getuid(), 6001, "a"), (6_999_999, 6002, "b")])
    users.vacant_only = True
    one = users.take()
    assert one.uid == 6_999_999 and users.taken == {one.uid}
    with pytest.raises(ServiceError, match="are all taken"):
        users.take()
    one.give_back()
    assert not users.taken and users.take().uid == 6_999_999


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs something as another")
async def test_a_user_of_whom_something_is_left_stays_taken_until_it_is_ended() -> None:
    users = Users([(LEFT, LEFT, "a")])
    users.vacant_only = True
    one = users.take()
    with coming_again(LEFT):
        one.give_back()
        await asyncio.sleep(0.3)
        assert users.taken == {LEFT} and not users.has_free
    async with asyncio.timeout(10):
        while not users.has_free:
            await asyncio.sleep(0.01)
    assert not users.taken and users.take().uid == LEFT


def test_the_one_user_of_an_ordinary_worker_is_shared() -> None:
    users = Users([(1000, 1000, "ada")], shared=True)
    assert users.take().uid == users.take().uid == 1000


@pytest.mark.parametrize("wish", ["0-5", "9-5", "4294967295-4294967296", "4294967290-4294967294"])
def test_ranges_that_are_none(wish: str) -> None:
    with pytest.raises(ConfigurationError, match="no range of user ids"):
        Users.named(wish)


def test_named_users() -> None:
    assert Users.named("7000-7002").take().uid == 7000
    with pytest.raises(ConfigurationError, match="may do everything"):
        Users.named("root")
    with pytest.raises(ConfigurationError, match="no user of this machine"):
        Users.named("nobody, no-such-user-here")


def test_a_user_given_twice_is_refused_whichever_part_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {"ada": 7000, "also": 7000, "bob": 7001, "none": 2**32 - 2}
    monkeypatch.setattr(
        pwd, "getpwnam", lambda name: pwd.struct_passwd((name, "x", entries[name], entries[name], "", "/", "/bin/sh"))
    )
    for wish, again in (("bob,bob", "bob, bob"), ("ada,bob,also", "ada, also")):
        for part in range(2):
            with pytest.raises(ConfigurationError, match=f"are one user.*{again}|{again}.*are one user"):
                Users.named(wish, part, 2)
    assert Users.named("ada, bob", 1, 2).take().uid == 7001
    with pytest.raises(ConfigurationError, match="stays nobody's"):
        Users.named("none")


def test_ids_are_ours_where_they_are_mapped_and_else_the_last_of_a_container() -> None:
    assert free_ids(WHOLE, WHOLE) == range(FIRST, FIRST + COUNT)
    container = "0 1000 1\n1 100000 65536\n"
    assert free_ids(container, container) == range(20_000, 65_537, 8)
    assert free_ids(WHOLE, container) == range(20_000, 65_537, 8)
    assert not free_ids("0 1000 1\n", "0 1000 1\n")
    assert not free_ids("", WHOLE)
