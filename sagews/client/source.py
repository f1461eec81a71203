"""The code that `sagews run` was given, on the command line, in a file, or on stdin, and the language that it is in."""

import sys
from pathlib import Path

from sagews.errors import ConfigurationError
from sagews.protocol import MAX_CODE
from sagews.protocol.languages import LANGUAGES, is_known


def read_source(file: str | None, code: str | None) -> str:
    """Return the code; `-` as the file means stdin.

    Raises ConfigurationError if there is none or two, or if it cannot be
    read, is not UTF-8 text, or is too large.
    """
    if (file is None) == (code is None):
        what = "neither a FILE nor -c CODE is given" if file is None else "both a FILE and -c CODE are given"
        raise ConfigurationError(what, "run", "give one of them; - as the FILE reads stdin")
    if code is not None:
        return _text(code.encode("utf-8", "surrogateescape"), "-c")
    assert file is not None
    if file == "-":
        return _text(sys.stdin.buffer.read(MAX_CODE + 1), "stdin")
    if file.lower().endswith(".ipynb"):
        raise ConfigurationError("notebooks cannot be run yet", file, "save its code as a .py file and run that")
    return _text(_content(Path(file)), file)


def known_language(name: str) -> str:
    """Return the name of a language, as it is on the wire; empty stands for the environment's own.

    Raises ConfigurationError if there is none of this name.
    """
    language = name.strip().lower()
    if not is_known(language):
        raise ConfigurationError(
            "is no language that is known", f"--language {name}", f"give one of {', '.join(LANGUAGES)}"
        )
    return language


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_CODE + 1)
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror})", str(path), "give the path of a file") from error


def _text(content: bytes, noun: str) -> str:
    if len(content) > MAX_CODE:
        raise ConfigurationError(f"is over {MAX_CODE >> 20} MiB", noun, "put data into files of their own")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = content[error.start]
        raise ConfigurationError(
            f"is not UTF-8 text: byte {error.start + 1} is 0x{byte:02x}", noun, "save it as UTF-8"
        ) from error
