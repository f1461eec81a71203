"""The commands `sagews admin`: their options, and which module does the work of each."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sagews.admin.log_commands import empty_logs, logs
from sagews.admin.plan_commands import check, init, render
from sagews.admin.site_commands import certificates, drain, install, migrate, upgrade
from sagews.admin.user_commands import users

if TYPE_CHECKING:
    from sagews.admin.here.orders import Verb

admin = typer.Typer(help="Start, stop and show the services of a site, on all its machines.", no_args_is_help=True)
admin.command("init")(init)
admin.command("check")(check)
admin.command("render")(render)
admin.command("logs")(logs)
admin.command("empty-logs")(empty_logs)
admin.command("migrate")(migrate)
admin.command("certificates")(certificates)
admin.command("install")(install)
admin.command("drain")(drain)
admin.command("upgrade")(upgrade)
admin.add_typer(users, name="users")

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="The site's sagews.toml; without it, the defaults.")
]
DataOption = Annotated[Path | None, typer.Option(metavar="DIR", help="The data directory; without it, as configured.")]
NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="SERVICES", help="Names such as backend2 or kinds such as backend; without any, all."),
]
MachineOption = Annotated[
    list[str] | None, typer.Option("--machine", metavar="NAME", help="This machine alone; may be given again.")
]
TimeoutOption = Annotated[float, typer.Option("--timeout", min=1, metavar="SECONDS", help="The time limit of it all.")]
HereOption = Annotated[
    bool, typer.Option("--here", help="The machine is this one, whatever `ssh` says of it: for a systemd unit.")
]
SshOption = Annotated[
    Path | None,
    typer.Option("--ssh-config", metavar="FILE", help="OpenSSH's configuration; without it, the user's own."),
]


@admin.command()
def start(
    names: NamesArgument = None,
    config: ConfigOption = None,
    machine: MachineOption = None,
    timeout: TimeoutOption = 300,
    here: HereOption = False,
    ssh_config: SshOption = None,
) -> None:
    """Bring services to what the configuration says: start, restart or reload what is not; twice is harmless."""
    _do("start", names, config, machine, timeout, here, ssh_config)


@admin.command()
def stop(
    names: NamesArgument = None,
    config: ConfigOption = None,
    machine: MachineOption = None,
    timeout: TimeoutOption = 180,
    here: HereOption = False,
    ssh_config: SshOption = None,
) -> None:
    """End services, in the reverse order; what does not end in its time is killed."""
    _do("stop", names, config, machine, timeout, here, ssh_config)


@admin.command()
def restart(
    names: NamesArgument = None,
    config: ConfigOption = None,
    machine: MachineOption = None,
    timeout: TimeoutOption = 600,
    here: HereOption = False,
    ssh_config: SshOption = None,
) -> None:
    """End and start services, one after another, each once the one before answers."""
    _do("restart", names, config, machine, timeout, here, ssh_config)


@admin.command()
def reload(
    names: NamesArgument = None,
    config: ConfigOption = None,
    machine: MachineOption = None,
    timeout: TimeoutOption = 180,
    here: HereOption = False,
    ssh_config: SshOption = None,
) -> None:
    """Have services take new files and certificates without an end, where they can."""
    _do("reload", names, config, machine, timeout, here, ssh_config)


@admin.command()
def status(
    names: NamesArgument = None,
    config: ConfigOption = None,
    machine: MachineOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
    timeout: TimeoutOption = 30,
    here: HereOption = False,
    ssh_config: SshOption = None,
) -> None:
    """Show how services are; exit status 1 if one is not as the configuration says."""
    from sagews.admin.fleet.site import SiteFleet

    fleet = SiteFleet(config, machine or [], timeout, here=here, ssh_configuration=ssh_config)
    raise typer.Exit(fleet.show(_names(names), as_json=as_json))


@admin.command()
def run(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="Its name, such as backend2.")],
    config: Annotated[Path, typer.Option("--config", metavar="FILE", help="The site's sagews.toml.")],
    timeout: TimeoutOption = 300,
) -> None:
    """Run one service of this machine in the foreground, as a container has it, once what it needs answers."""
    from sagews.admin.foreground import run as run_to_its_end

    raise typer.Exit(run_to_its_end(config, service, timeout, lambda text: typer.echo(text, err=True)))


@admin.command()
def unit(
    config: ConfigOption = None,
    machine: Annotated[str, typer.Option("--machine", metavar="NAME", help="The machine it is for.")] = "",
    user: Annotated[str, typer.Option("--user", metavar="NAME", help="Who starts them; without it, root.")] = "",
) -> None:
    """Print a systemd unit that starts a machine's services at boot."""
    from sagews.admin.unit import unit as text

    typer.echo(text(config, machine, user), nl=False)


@admin.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    config: ConfigOption = None,
    data: DataOption = None,
    timeout: TimeoutOption = 3600,
    ssh_config: SshOption = None,
) -> None:
    """Write database, certificates, secrets and configuration to one file, and read it back; the site may run."""
    from sagews.admin.backup.backup import backup as write

    write(file, config, data, typer.echo, timeout, ssh_config)


@admin.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `backup` has written.")],
    config: ConfigOption = None,
    data: DataOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="Put it in the place of what is there.")] = False,
    timeout: TimeoutOption = 3600,
    ssh_config: SshOption = None,
) -> None:
    """Put back what a backup has, for a site that does not run; a file that --config names and that is missing, too."""
    from sagews.admin.backup.backup import restore as put_back

    put_back(file, config, data, typer.echo, timeout, ssh_config, replace=replace)


@admin.command(hidden=True)
def here() -> None:
    """Take orders from stdin, for the machine that this is; what the other commands start, here or over SSH."""
    from sagews.admin.here.main import orders
    from sagews.admin.site_machine import machine_of

    orders(machine_of)


def _do(
    verb: "Verb",
    names: list[str] | None,
    config: Path | None,
    machine: list[str] | None,
    timeout: float,
    here: bool,
    ssh_config: Path | None,
) -> None:
    from sagews.admin.fleet.site import SiteFleet

    fleet = SiteFleet(config, machine or [], timeout, here=here, ssh_configuration=ssh_config)
    raise typer.Exit(fleet.do(verb, _names(names)))


def _names(names: list[str] | None) -> list[str]:
    return [] if names is None or "all" in names else names
