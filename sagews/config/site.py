"""The root of the configuration: what one `sagews.toml` describes."""

import os
from pathlib import Path

import msgspec

from sagews.config.accounts import Accounts
from sagews.config.address import TCPAddress, parse_tcp_address, parse_worker_address
from sagews.config.backend import Backend
from sagews.config.cache import Cache
from sagews.config.database import Database
from sagews.config.embedding import Embedding
from sagews.config.environment import PYTHON, Environment
from sagews.config.haproxy import HAProxy
from sagews.config.imports import Imports
from sagews.config.limits import Limits
from sagews.config.links import FILE_NAMES, Links
from sagews.config.logwatch import Logwatch
from sagews.config.machine import Machine
from sagews.config.memcached import Memcached
from sagews.config.nginx import Nginx
from sagews.config.permalinks import Permalinks
from sagews.config.postgresql import PostgreSQL
from sagews.config.printing import Printing
from sagews.config.provider import Provider
from sagews.config.publications import Publications
from sagews.config.quotas import Quotas
from sagews.config.rates import Rates
from sagews.config.sagecell import SageCell
from sagews.config.stunnel import Stunnel
from sagews.config.worker import Worker


def default_data_directory() -> str:
    """Return `$XDG_DATA_HOME/sagews`, or `~/.local/share/sagews` (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    try:
        return str(Path(base).expanduser() / "sagews")
    except RuntimeError:  # A user without a home, as containers have them.
        return f"/var/tmp/sagews-{os.getuid()}"  # noqa: S108  # checked before use


def default_runtime_directory() -> str:
    """Return `$XDG_RUNTIME_DIR/sagews`, or `/tmp/sagews-UID` where there is none."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    return str(Path(base) / "sagews") if base else f"/tmp/sagews-{os.getuid()}"  # noqa: S108  # checked before use


class Site(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The whole file. Every setting has a default, so that an empty file is a site on a laptop."""

    data_directory: str = msgspec.field(default_factory=default_data_directory)
    """Directory for what outlives the services: logs, the access token, keys, certificates, a database that is a
    file. Made if missing."""
    runtime_directory: str = msgspec.field(default_factory=default_runtime_directory)
    """Directory of the sockets by which services of one machine meet. Made if missing, for its owner alone."""
    operators: list[str] = []
    """Addresses and networks (`10.0.0.5`, `10.1.0.0/16`) of those who run the site, beside its own machines: from there
    `/status`, `/metrics` and the balancer's statistics can be seen. Whoever has the access token, where one is asked
    for, sees them from everywhere."""
    machine: list[Machine] = []
    haproxy: HAProxy = HAProxy()
    stunnel: Stunnel = Stunnel()
    nginx: Nginx = Nginx()
    postgresql: PostgreSQL = PostgreSQL()
    memcached: Memcached = Memcached()
    backend: Backend = Backend()
    embedding: Embedding = Embedding()
    worker: Worker = Worker()
    links: Links = Links()
    database: Database = Database()
    permalinks: Permalinks = Permalinks()
    publications: Publications = Publications()
    printing: Printing = Printing()
    sagecell: SageCell = SageCell()
    imports: Imports = Imports()
    accounts: Accounts = Accounts()
    logwatch: Logwatch = Logwatch()
    limits: Limits = Limits()
    rates: Rates = Rates()
    quotas: Quotas = Quotas()
    cache: Cache = Cache()
    provider: list[Provider] = []
    environment: list[Environment] = msgspec.field(default_factory=lambda: [PYTHON])

    @property
    def data(self) -> Path:
        """The data directory as an absolute path."""
        return Path(self.data_directory).expanduser().absolute()

    @property
    def backend_data(self) -> Path:
        """The directory of what backends alone read and write, as an absolute path."""
        return Path(self.backend.directory).expanduser().absolute() if self.backend.directory else self.data

    @property
    def database_file(self) -> Path:
        """The file of the database, where no other is named."""
        return self.backend_data / "sagews.sqlite"

    @property
    def worker_socket(self) -> Path:
        """The Unix socket on which the worker of this machine listens."""
        return Path(self.runtime_directory) / f"{self.worker.name}.sock"

    @property
    def certificates(self) -> Path:
        """The directory in which `sagews certificates` puts what it makes."""
        return self.data / "certificates"

    def link_file(self, setting: str) -> Path:
        """Return the file that a setting of `[links]` names, or its usual place, which is that of a server's, too."""
        named: str = getattr(self.links, setting, "")
        return Path(named).expanduser().absolute() if named else self.certificates / FILE_NAMES[setting]

    @property
    def workers(self) -> list[Path | TCPAddress]:
        """Where the workers are that a backend uses. Raises ConfigurationError for what is no address."""
        if not self.backend.workers:
            return [self.worker_socket]
        return [parse_worker_address(text, "setting 'backend.workers'") for text in self.backend.workers]

    @property
    def memcached_servers(self) -> list[TCPAddress]:
        """Where the memcached servers are that have no TLS. Raises ConfigurationError for what is no address."""
        return [parse_tcp_address(text, "setting 'cache.memcached'") for text in self.cache.memcached]

    @property
    def memcached_tls_servers(self) -> list[TCPAddress]:
        """Where those are that speak TLS. Raises ConfigurationError for what is no address."""
        return [parse_tcp_address(text, "setting 'cache.memcached_tls'") for text in self.cache.memcached_tls]
