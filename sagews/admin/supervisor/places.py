"""Where the files of a machine's supervisord are, below the machine's data directory."""

from dataclasses import dataclass
from pathlib import Path

from sagews.errors import ConfigurationError

SOCKET_PATH_BYTES = 90
"""Longest path of the socket: 107 (unix(7)), without what supervisord appends while it makes it."""


@dataclass(frozen=True, slots=True)
class Places:
    """The files of one supervisord."""

    data: Path
    """The machine's data directory, absolute. Raises ConfigurationError if a socket in it has too long a path."""

    def __post_init__(self) -> None:
        if len(bytes(self.socket)) > SOCKET_PATH_BYTES:
            what = f"is too long for a Unix socket ({SOCKET_PATH_BYTES} bytes)"
            raise ConfigurationError(what, str(self.socket), "shorten data_directory")

    @property
    def directory(self) -> Path:
        """The directory of all that follows but logs; for whoever starts the site alone."""
        return self.data / "supervisor"

    @property
    def configuration(self) -> Path:
        """Its configuration."""
        return self.directory / "supervisord.conf"

    @property
    def socket(self) -> Path:
        """Its Unix socket."""
        return self.directory / "socket"

    @property
    def pid(self) -> Path:
        """The file in which supervisord itself writes its process id, for a systemd unit."""
        return self.directory / "supervisord.pid"

    @property
    def lock(self) -> Path:
        """The file that whoever changes something on this machine holds locked."""
        return self.directory / "lock"

    @property
    def started(self) -> Path:
        """What each program was started with."""
        return self.directory / "started.json"

    @property
    def drained(self) -> Path:
        """Which programs are drained."""
        return self.directory / "drained.json"

    @property
    def settings(self) -> Path:
        """The machine's copy of the site's configuration, which its services read."""
        return self.data / "config" / "sagews.toml"

    @property
    def logs(self) -> Path:
        """The directory of logs."""
        return self.data / "logs"

    @property
    def log(self) -> Path:
        """The log of supervisord itself."""
        return self.logs / "supervisord.log"
