"""`sagews environment`: installs environments that sessions run in."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sagews.errors import ConfigurationError

environment = typer.Typer(help="Install environments that sessions run in.", no_args_is_help=True)


@environment.callback()
def options() -> None:
    """Install environments that sessions run in."""


@environment.command("install")
def install_environment(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which one: sage.")],
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="DIR",
            help="Where to; without it /opt/sagews/environments/NAME for root, and ~/.local/share/sagews/environments/"
            "NAME for anybody else.",
        ),
    ] = None,
    python: Annotated[
        str, typer.Option("--python", metavar="PATH", help="The Python to make it from; without it, this one.")
    ] = "",
) -> None:
    """Install an environment, and print the lines of sagews.toml for it; twice is harmless."""
    from sagews.admin.environments.install import install, settings
    from sagews.admin.environments.recipe import RECIPES, default_directory

    if name not in RECIPES:
        raise ConfigurationError("cannot be installed", f"environment {name!r}", f"choose from: {', '.join(RECIPES)}")
    directory = default_directory(name) if to is None else to.absolute()
    install(RECIPES[name], directory, python, lambda line: print(line, file=sys.stderr, flush=True))
    typer.echo(settings(RECIPES[name], directory))
