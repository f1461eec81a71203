"""`sagews admin init`: a commented `sagews.toml` for a site on one machine, from a few answers."""

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


def configuration(answers: Answers) -> str:
    """Return the text of the configuration, which can be read. Raises ConfigurationError."""
    for name in ("host", "certificate", "data"):
        if not _PLAIN.fullmatch(value := getattr(answers, name)):
            raise ConfigurationError(f"{value!r} cannot be used", f"--{name}", "use letters, digits and . : / _ -")
    if not answers.host:
        raise ConfigurationError("is empty", "--host", "give the name by which browsers will reach the site")
    if not answers.data.startswith("/"):
        raise ConfigurationError(f"{answers.data!r} is no absolute path", "--data", "begin it with /")
    text = _TEMPLATES.get_template("beginning.toml").render(answers=answers)
    parse(text, "the new configuration")
    return text
