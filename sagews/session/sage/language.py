"""Sage's language in our shell: the preparser, its magics and names, and the forms in which values are shown."""

from typing import Any

from sagews.session.display import Forms
from sagews.session.interact.names import names
from sagews.session.languages import magics
from sagews.session.shell import SessionShell

TERMINALS = frozenset({"gap", "gp", "maxima", "singular"})
"""Programs that it brings along, and talks to in terminals."""


def speak(shell: SessionShell) -> None:
    """Have all cells of this shell be in Sage's language from now on."""
    from sage.repl.interpreter import SagePreparseTransformer
    from sage.repl.ipython_extension import SageJupyterCustomizations
    from sage.repl.rich_output import get_display_manager

    before = set(shell.user_ns)
    SageJupyterCustomizations(shell)
    shell.language, shell.terminals, shell.preparser = "sage", TERMINALS, SagePreparseTransformer
    # Its magics for other programs want packages or terminals of theirs; a program that is a child wants neither.
    magics.register(shell, ("macaulay2", "octave", "r"))
    # Ours take what Sage's own take, and what SageMathCell's do.
    shell.user_ns.update(names())
    shell.given = {name: value for name, value in shell.user_ns.items() if name not in before}
    get_display_manager().switch_backend(_backend(), shell=shell)


def _backend() -> Any:
    """Return what shows values as in a notebook of Jupyter, by our formatter, which shows an error once."""
    from sage.repl.display.formatter import SageDisplayFormatter
    from sage.repl.rich_output.backend_ipython import BackendIPythonNotebook

    class SageForms(Forms, SageDisplayFormatter):
        """The forms that Sage has for a value, or those of IPython for what is none of Sage's."""

    class Backend(BackendIPythonNotebook):
        """A notebook that a reader sees."""

        def install(self, **options: Any) -> None:
            shell = options["shell"]
            shell.display_formatter = SageForms(parent=shell)
            shell.configurables.append(shell.display_formatter)

        def displayhook(self, plain_text: Any, rich_output: Any) -> Any:
            data, metadata = super().displayhook(plain_text, rich_output)
            if "text/latex" in data:
                # The same formula, for pages that have MathJax look for one in their HTML.
                data.pop("text/html", None)
            return data, metadata

    return Backend()
