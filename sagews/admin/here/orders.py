"""What `sagews admin` and a machine's part of it say to each other: a JSON object a line, over a pipe or SSH.

The machine's part first says its version. Then it is told its task, and orders
one after another; to each it answers with any number of words, and at last
with what came of it. The end of its stdin ends it.
"""

from typing import Literal

import msgspec

from sagews.admin.here.words import Status, Word

MAX_LINE = 4 * 1024 * 1024
"""Bytes of a line; a configuration is one."""

Verb = Literal["plan", "check", "tidy", "start", "stop", "restart", "reload", "status", "bring", "look", "drain"]


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """A file for the machine, of at most a few kilobytes."""

    path: str
    text: str
    mode: int = 0o600
    shared: bool = False
    """Whether services of other users read it, too, where root has them run: by their group (`config/users.py`)."""

    def __repr__(self) -> str:
        """Without its text, which is a secret more often than not."""
        return f"Brought({self.path!r})"


class Hello(msgspec.Struct, tag="hello", frozen=True):
    """The machine's part is there."""

    version: str


class Task(msgspec.Struct, tag="task", frozen=True):
    """Which site, and which of its machines this is."""

    configuration: str
    """The text of the site's `sagews.toml`; empty for the defaults."""
    file: str
    """Where the file is on the machine from which the order comes; empty for the defaults."""
    machine: str


class Order(msgspec.Struct, tag="order", frozen=True, kw_only=True):
    """What to do."""

    verb: Verb
    names: tuple[str, ...] = ()
    """Services or kinds; none: all of the machine."""
    seconds: float
    """The time limit."""
    files: tuple[Brought, ...] = ()
    """What to put in its place; for the verb `bring`."""
    paths: tuple[str, ...] = ()
    """Which files to look at; for the verb `look`."""
    salt: str = ""
    """What goes into their digests, so that these tell nobody anything later."""


class Planned(msgspec.Struct, frozen=True):
    """A service that the machine has."""

    name: str
    kind: str
    needs: tuple[str, ...]
    """Kinds that have to answer before it starts."""


class Said(msgspec.Struct, tag="said", frozen=True):
    """One step of the order was done, or failed."""

    word: Word


class Done(msgspec.Struct, tag="done", frozen=True, kw_only=True):
    """The order was carried out, with its exit status."""

    status: int = 0
    planned: tuple[Planned, ...] = ()
    """What the machine has, in the order in which it starts; for the verb `plan`."""
    services: tuple[Status, ...] = ()
    """How the services are; for the verb `status`."""
    build: str = ""
    """Which build of the program the machine has; for the verb `look`."""
    digests: dict[str, str] = {}
    """Digest of each file, empty for one that is not there; for the verb `look`."""


class Refused(msgspec.Struct, tag="refused", frozen=True, kw_only=True):
    """The order ended with an error."""

    kind: str
    """The name of its class in `sagews.errors`."""
    what: str
    noun: str
    hint: str


Inward = Task | Order
Outward = Hello | Said | Done | Refused
