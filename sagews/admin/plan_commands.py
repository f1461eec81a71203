"""`sagews admin init`, `check` and `render`: their options."""

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="The site's sagews.toml; without it, the defaults.")
]
NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="SERVICES", help="Names such as backend2 or kinds such as backend; without any, all."),
]


def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; it must not be there.")],
    host: Annotated[
        str, typer.Option(metavar="NAME", prompt="Public name of the site", help="The site's public name.")
    ],
    certificate: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            prompt="File of its certificate, chain and key in PEM (empty: HTTP alone)",
            help="Its certificate, chain and key in one PEM file; empty for HTTP alone.",
        ),
    ] = "",
    data: Annotated[str, typer.Option(metavar="DIR", prompt="Data directory", help="Its data directory.")] = (
        "/var/lib/sagews"
    ),
    backends: Annotated[int, typer.Option(min=1, max=64, prompt="Backends", help="How many backends.")] = 2,
    workers: Annotated[int, typer.Option(min=1, max=64, prompt="Workers", help="How many workers.")] = 1,
) -> None:
    """Write a commented configuration of a site on one machine; what is not given is asked for."""
    from sagews.admin.beginning import Answers, begin

    begin(Answers(host=host, certificate=certificate, data=data, backends=backends, workers=workers), file)
    typer.echo(f"{file} is written; sagews admin check --config {file} says whether the site can run here.")


def check(
    names: NamesArgument = None,
    config: ConfigOption = None,
    machine: Annotated[
        list[str] | None, typer.Option("--machine", metavar="NAME", help="This machine alone; may be given again.")
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, metavar="SECONDS", help="The time limit of it all.")
    ] = 120,
    ssh_config: Annotated[
        Path | None,
        typer.Option("--ssh-config", metavar="FILE", help="OpenSSH's configuration; without it, the user's own."),
    ] = None,
) -> None:
    """Say whether every machine could run its services as the configuration says, and change nothing."""
    from sagews.admin.fleet.site import SiteFleet

    fleet = SiteFleet(config, machine or [], timeout, here=False, ssh_configuration=ssh_config)
    status = fleet.check([] if names is None or "all" in names else names)
    if status == 0:
        typer.echo("The site can run as the configuration says.")
    raise typer.Exit(status)


def render(
    names: NamesArgument = None,
    config: ConfigOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="DIR", help="Write below this directory, instead of showing.")
    ] = None,
) -> None:
    """Show, or write, every configuration that is generated for HAProxy, PostgreSQL and others."""
    from sagews.admin.rendering import render as show

    show(config, [] if names is None or "all" in names else names, output, typer.echo)
