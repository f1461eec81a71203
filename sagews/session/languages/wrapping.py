"""What the shell runs for code of a language, and which languages there are."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from sagews.errors import SagewsError
from sagews.protocol.languages import LANGUAGES, spoken
from sagews.session.languages.errors import MissingProgramError
from sagews.session.languages.programs import PROGRAMS

if TYPE_CHECKING:
    from sagews.session.shell import SessionShell

Lines = Callable[[list[str]], list[str]]
"""An input transformer of IPython."""


class UnknownLanguageError(SagewsError):
    """No language has this name."""


def transformed(shell: "SessionShell", code: str, language: str) -> str:
    """Return Python for a cell's code, which is in the language that a request names, or else the cell's first line.

    Raises what makes the code, or the language, unfit to run.
    """
    said, rest = spoken(code) if not language else (language, code)
    if said in shell.terminals:
        shell.written.add(said, rest)
    if not language and said in ("python", "sage"):
        # Its lines keep their numbers. IPython's own `%%python` would run it in a process that knows no name of ours.
        language, code = said, "\n" * (code.count("\n") - rest.count("\n")) + rest
    if language in ("", shell.language):
        return str(shell.transform_cell(code))
    if language not in LANGUAGES:
        raise UnknownLanguageError("is not known", f"language {language!r}", f"choose one of {', '.join(LANGUAGES)}")
    if language == "sage":
        raise MissingProgramError(
            "is not in this environment", "Sage", "choose one that has it, or ask the operator to install one"
        )
    if language == "python":
        return _without_preparser(shell, code)
    # A magic of that name runs it: of Sage's terminals, of ours, or IPython's `%%html`. Nothing reads the code before.
    return f"get_ipython().run_cell_magic({language!r}, '', {code!r})\n" if code.strip() else "\n"


def offered(shell: "SessionShell") -> list[str]:
    """Return the languages whose code runs here: first the shell's own."""
    return [shell.language, *(name for name in _others(shell) if name != shell.language)]


def _others(shell: "SessionShell") -> Iterator[str]:
    for name in LANGUAGES:
        program = PROGRAMS.get(name)
        if name in ("python", "html") or name in shell.terminals or (program is not None and program.path):
            yield name


def _without_preparser(shell: "SessionShell", code: str) -> str:
    """Return a cell of plain Python as the shell makes it, with magics, and without what Sage does to it."""
    post = shell.input_transformers_post
    shell.input_transformers_post = [each for each in post if each is not shell.preparser]
    try:
        return str(shell.transform_cell(code))
    finally:
        shell.input_transformers_post = post
