"""`sagews admin logs` and `empty-logs`: their options."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from sagews.errors import ConfigurationError, UnreachableError

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="The site's sagews.toml; without it, the defaults.")
]
DataOption = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Data directory of this machine.")]
SshOption = Annotated[
    Path | None,
    typer.Option("--ssh-config", metavar="FILE", help="OpenSSH's configuration; without it, the user's own."),
]
ServicesArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="SERVICE", help="Names, such as backend2, or kinds, such as backend; without any, all."),
]


def logs(
    service: ServicesArgument = None,
    machine: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Records of this machine; may be given again.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="From then on: 2026-11-26T07:00, or how long ago: 30s, 15m, 2h, 1d."),
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Until then, in the same way.")] = None,
    level: Annotated[
        str, typer.Option(metavar="LEVEL", help="This one and more urgent: debug, info, warning, error, critical.")
    ] = "",
    text: Annotated[str, typer.Option(metavar="TEXT", help="With this text in them, whatever the case.")] = "",
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, metavar="N", help="The newest N records.")] = 100,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl-C.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a record.")] = False,
    files: Annotated[bool, typer.Option("--files", help="Read the files of this machine, not the database.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
    ssh_config: SshOption = None,
) -> None:
    """Show what services have logged: from the database, or from this machine's files while that is away."""
    import socket
    import time

    from sagews.admin.directories import own_site
    from sagews.admin.fleet.tunnel import within_reach
    from sagews.admin.logs import show_logs
    from sagews.config.load import load
    from sagews.config.placement import here
    from sagews.logs.question import Question, moment
    from sagews.logs.record import LEVELS

    if level and level not in LEVELS:
        raise ConfigurationError(f"{level!r} is no level", "--level", "one of " + ", ".join(LEVELS))
    moments = []
    for name, said in (("--since", since), ("--until", until)):
        try:
            moments.append(None if said is None else moment(said, time.time()))
        except ValueError as error:
            raise ConfigurationError(f"{said!r} is no time", name, "write 2026-11-26T07:00, or 15m") from error
    question = Question(
        services=tuple(service or ()),
        machines=tuple(machine or ()),
        since=moments[0],
        until=moments[1],
        level=level,
        text=text,
        lines=lines,
    )
    loaded = load(config)
    own, name = own_site(loaded, data), here(loaded).name or socket.gethostname()

    def note(said: str) -> None:
        typer.echo(f"({said})", err=True)

    with ExitStack() as stack:
        if not files:
            try:
                own = stack.enter_context(within_reach(loaded, own, ssh_config))
            except UnreachableError as error:
                note(str(error))
        show_logs(own, question, name, typer.echo, note, follow=follow, as_json=as_json, files=files)


def empty_logs(service: ServicesArgument = None, config: ConfigOption = None, data: DataOption = None) -> None:
    """Empty the log files of this machine; what is in the database stays there."""
    from sagews.admin.directories import site_at
    from sagews.admin.logs import empty_logs as empty

    empty(site_at(config, data), tuple(service or ()), typer.echo)
