"""Sage's language in our shell: the preparser, its magics and names, and the forms in which values are shown."""

from typing import Any

from sagews.session.display import Forms
from sagews.session.interact.names import names
from sagews.session.languages import magics
from sagews.session.sage import animations, packages
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
    ours = names()
    shell.user_ns.update(ours)

    def exercise(_line: str, code: str) -> None:
        ours["exercise"](code)

    register: Any = shell.register_magic_function
    register(exercise, "cell")
    shell.input_transformers_cleanup.append(_first_line_of_a_whole_cell)
    shell.given = {name: value for name, value in shell.user_ns.items() if name not in before}
    get_display_manager().switch_backend(_backend(), shell=shell)
    animations.install()
    packages.install()


def _first_line_of_a_whole_cell(lines: list[str]) -> list[str]:
    """Take `%exercise` above a cell as `%%exercise`, as SageMathCell does."""
    begun = next((place for place, line in enumerate(lines) if line.strip()), None)
    if begun is not None and lines[begun].strip() == "%exercise":
        return [*lines[:begun], "%%exercise\n", *lines[begun + 1 :]]
    return lines


def _backend() -> Any:
    """Return what shows values as in a notebook of Jupyter, by our formatter, which shows an error once."""
    from sage.repl.display.formatter import SageDisplayFormatter
    from sage.repl.rich_output import get_display_manager
    from sage.repl.rich_output.backend_ipython import BackendIPythonNotebook
    from sage.repl.rich_output.output_catalog import (
        OutputImageGif,
        OutputImageSvg,
        OutputSceneJmol,
        OutputSceneThreejs,
        OutputVideoMp4,
        OutputVideoWebM,
    )

    class SageForms(Forms, SageDisplayFormatter):
        """The forms that Sage has for a value, or those of IPython for what is none of Sage's."""

    class Backend(BackendIPythonNotebook):
        """A notebook that a reader sees."""

        def install(self, **options: Any) -> None:
            shell = options["shell"]
            shell.display_formatter = SageForms(parent=shell)
            shell.configurables.append(shell.display_formatter)

        def supported_output(self) -> Any:
            # What Jmol would show wants a server with its files; Sage makes a picture then.
            return super().supported_output() - {OutputSceneJmol} | {OutputVideoMp4, OutputVideoWebM}

        def displayhook(self, plain_text: Any, rich_output: Any) -> Any:
            # By their own types, and not as HTML, so that they are called what they are.
            if isinstance(rich_output, OutputImageGif):
                return {"image/gif": rich_output.gif.get(), "text/plain": plain_text.text.get_str()}, {}
            if isinstance(rich_output, OutputImageSvg):
                # As text: its bytes would go as base64, as those of other pictures do.
                return {"image/svg+xml": rich_output.svg.get_str(), "text/plain": plain_text.text.get_str()}, {}
            if isinstance(rich_output, OutputVideoMp4 | OutputVideoWebM):
                shown = {rich_output.mimetype: rich_output.video.get(), "text/plain": plain_text.text.get_str()}
                return shown, {rich_output.mimetype: {"loop": bool(rich_output.loop)}}
            if isinstance(rich_output, OutputSceneThreejs):
                # `online=True` would have it loaded from another site, of which the frame takes nothing.
                online = get_display_manager().threejs_scripts(online=True)
                scene = rich_output.html.get_str().replace(online, self.threejs_offline_scripts())
                rich_output = OutputSceneThreejs(scene)
            data, metadata = super().displayhook(plain_text, rich_output)
            if "text/latex" in data:
                # The same formula, for pages that have MathJax look for one in their HTML.
                data.pop("text/html", None)
            return data, metadata

    return Backend()
