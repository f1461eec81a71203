"""The users that sessions run as: one for each session that lives, none with any right."""

import os
import pwd
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sagews.errors import ConfigurationError, ServiceError
from sagews.session import user_processes
from sagews.worker.sweeper import Sweeper

FIRST, COUNT = 6_000_000, 60_000
"""User ids that no system hands out: above those of people and below those that /etc/subuid begins with elsewhere."""
PARTS = 8
"""Workers on one machine that share the few ids of a container."""
LEAST = 20_000
"""Below it are ids of people and services, also in a container."""
NAME = "reader"
"""What a user without a name of its own is called inside its sandbox."""


@dataclass(slots=True)
class User:
    """A user for one session, until it is given back."""

    uid: int
    gid: int
    name: str
    _back: Callable[["User"], None] | None = None

    @property
    def home(self) -> str:
        """Its home directory inside the sandbox."""
        return f"/home/{self.name}"

    def give_back(self) -> None:
        """Let another session have it: to be called when no process of the user is left."""
        back, self._back = self._back, None
        if back is not None:
            back(self)


class Users:
    """All users that a worker may hand out."""

    def __init__(self, users: Iterable[tuple[int, int, str]], *, shared: bool = False) -> None:
        """Hand out these: user id, group id, name. Shared: all sessions are the one given, told apart otherwise."""
        self._free = deque(users)
        self._shared = shared
        self.vacant_only = False
        """Whether one whom somebody runs something as, another worker of this machine for one, is not handed out.

        One that is given back while something of it is left stays taken until that is ended.
        """
        self.taken: set[int] = set()
        """User ids that are handed out, where each is one session's own, or that something is left of."""
        self._sweeper = Sweeper()

    @classmethod
    def dynamic(cls, part: int = 0) -> "Users":
        """Users that exist nowhere else. Raises ServiceError where the worker's user namespace has none to give.

        Workers of one machine that have other parts have other users, however many workers there are.
        """
        ids = free_ids(Path("/proc/self/uid_map").read_text(), Path("/proc/self/gid_map").read_text(), part=part)
        if not ids:
            raise ServiceError(
                "has no user ids for sessions", "user namespace of the worker", "map more of them into it"
            )
        return cls((uid, uid, NAME) for uid in ids)

    @classmethod
    def own(cls) -> "Users":
        """The one user that an ordinary user's worker can give: itself."""
        return cls([(os.getuid(), os.getgid(), NAME)], shared=True)

    @classmethod
    def named(cls, wish: str, part: int = 0, parts: int = 1) -> "Users":
        """Those of `NAME,NAME...`, or of a range `FIRST-LAST` of user ids. Raises ConfigurationError.

        Of so many workers of one machine each has its part of them.
        """
        first, dash, last = wish.partition("-")
        if dash and first.isdigit() and last.isdigit():
            if not 0 < int(first) <= int(last) < user_processes.NOBODYS:
                raise ConfigurationError("is no range of user ids", f"users {wish!r}", "as in 6000000-6000999")
            return cls((uid, uid, NAME) for uid in range(int(first) + part, int(last) + 1, parts))
        users = [_named(name.strip()) for name in wish.split(",")]
        if again := [name for uid, _gid, name in users if sum(uid == other for other, _, _ in users) > 1]:
            raise ConfigurationError(
                "are one user, who would be two sessions'", f"users: {', '.join(again)}", "give each user id once"
            )
        return cls(users[part::parts])

    @property
    def has_free(self) -> bool:
        """Whether `take` has one to give."""
        return bool(self._free)

    def take(self) -> User:
        """Return a user that no process runs as. Raises ServiceError if all are taken."""
        if self._shared:
            return User(*self._free[0])
        for _ in range(len(self._free)):
            uid, gid, name = self._free.popleft()
            if not self.vacant_only or _is_vacant(uid):
                self.taken.add(uid)
                return User(uid, gid, name, self._given_back)
            self._free.append((uid, gid, name))
        raise ServiceError("are all taken", "users of sessions", "give the worker more of them with --users")

    def _given_back(self, user: User) -> None:
        if self.vacant_only and not _is_vacant(user.uid):
            self._sweeper.sweep(user.uid, lambda: self._free_again(user))
        else:
            self._free_again(user)

    def _free_again(self, user: User) -> None:
        self.taken.discard(user.uid)
        # At the end: the longer nobody has been that user, the better.
        self._free.append((user.uid, user.gid, user.name))


def free_ids(*maps: str, part: int = 0) -> range:
    """Return ids for sessions that all these maps have (user_namespaces(7)): ours, or the last ones of a container.

    Those of two parts have none in common: of ours each is as large, of a container's it is one of PARTS.
    """
    first, last = FIRST + part * COUNT, FIRST + (part + 1) * COUNT
    whole = True
    for text in maps:
        mapped = [(int(line.split()[0]), int(line.split()[2])) for line in text.splitlines()]
        if any(begin <= first and last <= begin + count for begin, count in mapped):
            continue
        whole = False
        begin, count = max(mapped, key=lambda each: each[1], default=(0, 0))
        last = min(last, begin + count) if first < begin + count else begin + count
        first = max(begin, LEAST, last - COUNT)
    found = range(first, max(first, last))
    return found if whole else found[part % PARTS :: PARTS]


def _is_vacant(uid: int) -> bool:
    """Whether nobody runs anything as a user, as far as one can see."""
    try:
        return not user_processes.found(uid)
    except OSError:
        return False


def _named(name: str) -> tuple[int, int, str]:
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        raise ConfigurationError("is no user of this machine", f"users: {name!r}", "make it with adduser") from None
    if found.pw_uid == 0:
        raise ConfigurationError("may do everything", f"users: {name!r}", "give an unprivileged user")
    if found.pw_uid >= user_processes.NOBODYS:
        raise ConfigurationError("is the one that stays nobody's", f"users: {name!r}", "give one with a lower id")
    return found.pw_uid, found.pw_gid, name
