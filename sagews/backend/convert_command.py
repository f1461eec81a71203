"""The command `sagews convert`: its options, and which module does the work."""

from pathlib import Path
from typing import Annotated

import typer

FROM = "`ipynb`, `sagews`, `percent`, `light`, `markdown`, `myst` or `pretext`; without it, by name and content."
TO = "`ipynb`, `percent`, `light`, `markdown`, `myst`, `html` or `pretext`; without it, by name."


def convert(
    source: Annotated[
        Path, typer.Argument(metavar="IN", help="A notebook: .ipynb, .sagews, .py, .md, or PreTeXt as .ptx or .xml.")
    ],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="The new file: .ipynb, .py, .md, .html, .ptx or .xml.")],
    read_as: Annotated[str | None, typer.Option("--from", metavar="FORMAT", help=FROM)] = None,
    write_as: Annotated[str | None, typer.Option("--to", metavar="FORMAT", help=TO)] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT if it is there.")] = False,
) -> None:
    """Convert a notebook into another format."""
    from sagews.backend.convert import convert as convert_file

    def say(line: str) -> None:
        # Names of a file may steer a terminal.
        typer.echo("".join(each if each.isprintable() else "\ufffd" for each in line), err=True)

    convert_file(source, target, read_as, write_as, overwrite=overwrite, say=say)
