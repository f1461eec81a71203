"""`sagews admin init`: a commented `sagews.toml` for a site on one machine or several, from a few answers."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from sagews.config.load import parse
from sagews.errors import ConfigurationError

_TEMPLATES = Environment(
    loader=PackageLoader("sagews.admin"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701  # no markup; each value is checked, and the whole is read back
)
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:/_-]*|/[A-Za-z0-9./_-]+|")
_SSH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9.:@_-]*")
_URL = re.compile(r"postgresql\+asyncpg://[A-Za-z0-9.:/@?&=%~+_-]+")
FIRST = "front"
"""Name of the machine on which the site begins."""
FILE = "file"
"""Instead of a PostgreSQL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Another machine, which has workers."""

    name: str
    address: str
    """By which the first machine reaches it."""
    ssh: str
    """How OpenSSH reaches it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What is asked before a site begins."""

    host: str
    """The site's public name."""
    certificate: str
    """File of its certificate; empty for HTTP alone."""
    data: str
    """Its data directory."""
    backends: int
    workers: int
    """On each machine that has some: the other ones, or where there are none this one."""
    nginx: bool = True
    """Whether an nginx serves the page's files."""
    database: str = FIRST
    """The machine that has a PostgreSQL of the site's own, or the URL of a server that is there, or `file`: none."""
    tls: str = "haproxy"
    """What speaks TLS where there is a certificate: `haproxy` or `stunnel`."""
    address: str = ""
    """Of this machine, where there are others."""
    others: tuple[Other, ...] = ()

    @property
    def url(self) -> str:
        """Of the PostgreSQL that is there already; empty if there is none."""
        return self.database if ":" in self.database else ""


def begin(answers: Answers, file: Path) -> None:
    """Write a new configuration. Raises ConfigurationError for an answer that cannot be, and a file that is there."""
    text = configuration(answers)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        with open(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError as error:
        raise ConfigurationError("is there already", str(file), "give another FILE, or move it away") from error
    except OSError as error:
        raise ConfigurationError(f"cannot be written ({error.strerror})", str(file), "give another FILE") from error


def other(text: str) -> Other:
    """Return the machine that an answer `NAME,ADDRESS,SSH` names; without SSH it is reached by its address."""
    name, _, rest = text.partition(",")
    address, _, ssh = rest.partition(",")
    return Other(name=name.strip(), address=address.strip(), ssh=ssh.strip() or address.strip())


def configuration(answers: Answers) -> str:
    """Return the text of the configuration, which can be read. Raises ConfigurationError."""
    for name in ("host", "certificate", "data"):
        if not _PLAIN.fullmatch(value := getattr(answers, name)):
            raise ConfigurationError(f"{value!r} cannot be used", f"--{name}", "use letters, digits and . : / _ -")
    for other in answers.others:
        for name, pattern in (("name", _PLAIN), ("address", _PLAIN), ("ssh", _SSH)):
            if not pattern.fullmatch(value := getattr(other, name)):
                hint = "give NAME,ADDRESS,SSH, as in left,10.0.0.2,left.example.org"
                raise ConfigurationError(f"{name} {value!r} cannot be used", "--worker-machine", hint)
    if answers.others and not _PLAIN.fullmatch(answers.address or "?"):
        hint = "give the one by which the other machines reach this one"
        raise ConfigurationError(f"{answers.address!r} is no address", "--address", hint)
    if answers.tls not in ("haproxy", "stunnel"):
        raise ConfigurationError(f"{answers.tls!r} cannot be used", "--tls", "use haproxy or stunnel")
    if answers.url and not _URL.fullmatch(answers.url):
        hint = "give postgresql+asyncpg://USER@HOST:PORT/NAME, without a password"
        raise ConfigurationError(f"{answers.url!r} is no address of a PostgreSQL", "--database", hint)
    if not answers.url and answers.database not in (known := [FIRST, *(each.name for each in answers.others), FILE]):
        hint = f"give {', '.join(known)}, or postgresql+asyncpg://USER@HOST:PORT/NAME"
        raise ConfigurationError(f"{answers.database!r} is no machine", "--database", hint)
    if not answers.host:
        raise ConfigurationError("is empty", "--host", "give the name by which browsers will reach the site")
    if not answers.data.startswith("/"):
        raise ConfigurationError(f"{answers.data!r} is no absolute path", "--data", "begin it with /")
    text = _TEMPLATES.get_template("beginning.toml").render(
        answers=answers,
        services=_services(answers),
        theirs={
            each.name: _listed({"worker": answers.workers} | _cluster(answers, each.name)) for each in answers.others
        },
    )
    parse(text, "the new configuration")
    return text


def _services(answers: Answers) -> str:
    """Return the services of the first machine."""
    found = {"stunnel": int(bool(answers.certificate) and answers.tls == "stunnel"), "haproxy": 1}
    found |= {"nginx": int(answers.nginx), "backend": answers.backends}
    found |= {"memcached": 1} if answers.others else {"worker": answers.workers, "memcached": 1}
    return _listed(found | _cluster(answers, FIRST))


def _cluster(answers: Answers, machine: str) -> dict[str, int]:
    """Return the PostgreSQL of a machine."""
    return {"postgresql": int(answers.database == machine)}


def _listed(services: dict[str, int]) -> str:
    return ", ".join(f"{kind} = {count}" for kind, count in services.items() if count)
