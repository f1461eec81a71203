"""`sagews admin init`, `check` and `render`: their options."""

import sys
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
    workers: Annotated[
        int, typer.Option(min=1, max=64, prompt="Workers, on each machine that has some", help="How many workers.")
    ] = 1,
    nginx: Annotated[
        bool | None, typer.Option("--nginx/--no-nginx", help="Whether an nginx serves the page's files.")
    ] = None,
    tls: Annotated[
        str | None, typer.Option(metavar="haproxy|stunnel", help="What speaks TLS, where there is a certificate.")
    ] = None,
    worker_machine: Annotated[
        list[str] | None,
        typer.Option(
            "--worker-machine",
            metavar="NAME,ADDRESS,SSH",
            help="Another machine, which has the workers; may be given again. SSH is how OpenSSH reaches it.",
        ),
    ] = None,
    address: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="By which other machines reach this one, if there are some.")
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="MACHINE|URL|file",
            help="The machine that has the site's own PostgreSQL, or the URL of one that is there, or `file`: none.",
        ),
    ] = None,
) -> None:
    """Write a commented configuration of a site on one machine or several; what is not given is asked for.

    Without a terminal, nginx, TLS, other machines and the database are not asked for: with, haproxy, none, a PostgreSQL
    on this machine, which is named front.
    """
    from sagews.admin.beginning import FIRST, Answers, begin, other

    asks = sys.stdin.isatty()
    if nginx is None:
        nginx = typer.confirm("nginx for the page's files", default=True) if asks else True
    if tls is None:
        what = "What speaks TLS, haproxy or stunnel"
        tls = str(typer.prompt(what, default="haproxy")) if asks and certificate else "haproxy"
    if worker_machine is None:
        what = "Another machine for workers: its name, address, destination of ssh (empty: no more)"
        worker_machine = []
        while asks and (answer := str(typer.prompt(what, default="", show_default=False)).strip()):
            worker_machine.append(answer)
    if worker_machine and address is None:
        address = str(typer.prompt("Address by which they reach this machine")) if asks else ""
    if database is None:
        what = f"Machine of its PostgreSQL (this one is {FIRST}), or the URL of one that is there, or file"
        database = str(typer.prompt(what, default=FIRST)).strip() if asks else FIRST
    answers = Answers(
        host=host,
        certificate=certificate,
        data=data,
        backends=backends,
        workers=workers,
        nginx=nginx,
        tls=tls,
        database=database,
        address=address or "",
        others=tuple(other(each) for each in worker_machine),
    )
    begin(answers, file)
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
