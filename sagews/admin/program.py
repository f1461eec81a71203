"""A program: one process that a machine's supervisord keeps, and all that stands around it. Thinking only, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

SECRET_MODE = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFile:
    """A file that is generated from the configuration and written before its program starts."""

    path: Path
    text: str = field(repr=False)
    mode: int = 0o644
    owner: str = ""
    """Unix user who owns it. Empty: whoever starts the site."""
    group: str = ""
    """Unix group that it belongs to. Empty: the owner's own."""
    secret: bool = False
    """Whether it holds a secret, so that it is not shown to whoever asks what is generated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedDirectory:
    """A directory that is made before a program starts, and whose owner and mode are checked if it is there.

    One that is open to fewer than it should be is opened.
    """

    path: Path
    mode: int = 0o700
    owner: str = ""
    """Unix user who owns it. Empty: whoever starts the site."""
    group: str = ""
    """Unix group that it belongs to. Empty: the owner's own."""
    adopts: tuple[Path, ...] = ()
    """Files that belong into it: those that are there, and not in it yet, are moved and given to its owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How one knows that a program can be used: exactly one of URL, address and command is given."""

    url: str = ""
    """Answers a GET with 200. `http://` on this machine."""
    address: str = ""
    """`HOST:PORT` or `unix:PATH` accepts a connection."""
    tls: bool = False
    """Whether what accepts it at the address speaks TLS, and has done so with us before it answers."""
    command: tuple[str, ...] = ()
    """Ends with status 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process of a machine."""

    name: str
    """The service's name in the whole site, such as `backend2`."""
    kind: str
    """Which service it is, such as `backend`."""
    command: tuple[str, ...]
    """What is executed, in the foreground, with the absolute path of the program first. No secret is in it."""
    user: str = ""
    """Unix user whom it runs as. Empty: whoever starts the site."""
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Variables of its environment beside PATH and a locale. No secret is in it."""
    directory: Path
    """Its working directory."""
    log: Path
    """The file that gets its standard output and standard error."""
    stop_signal: str = "TERM"
    """Signal by which it ends in good order."""
    stop_seconds: float = 10.0
    """Seconds that it may take to end before it is killed."""
    reload_signal: str = ""
    """Signal by which it takes a new configuration and new certificates. Empty: it has to be restarted."""
    start_seconds: float = 30.0
    """Seconds that it may take until it answers."""
    may_end: bool = False
    """Whether it may end by itself with status 0, for good. Otherwise it is started again whenever it ends."""
    needs: frozenset[str] = frozenset()
    """Kinds of services, on whatever machine, that have to answer before it starts."""
    answers: Answers
    """How one knows that it can be used."""
    directories: tuple[OwnedDirectory, ...] = ()
    files: tuple[WrittenFile, ...] = ()
    """What is generated for it. A change of one of these files is a change of the program."""
    reads: tuple[Path, ...] = ()
    """Secrets that others make, such as the keys of certificates. Where root starts the site, those of the machine's
    data directory are given to the group of the program's user, who may read them and nothing else."""
    check: tuple[str, ...] = ()
    """Command that reads the generated files, as they would be, and ends with status 0 if the program would take them.
    `{root}` in its words stands for a directory below which the files lie under their own paths."""
    migrate: tuple[str, ...] = ()
    """Command that is run as whoever starts the site before each start, for what the program has no right to do
    itself, such as bringing tables to what it needs."""
    prepare: tuple[str, ...] = ()
    """Command that is run as `user` before each start, and does nothing the second time, such as making a cluster."""
    settle: tuple[str, ...] = ()
    """Command that is run once it answers and before others may rely on it, such as making roles, also where it ran
    already."""
    complete: tuple[str, ...] = ()
    """Command that is run after that, as whoever starts the site, such as making tables."""
