"""`sagews admin migrate`, `certificates`, `install`, `drain` and `upgrade`: their options."""

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="The site's sagews.toml; without it, the defaults.")
]
TimeoutOption = Annotated[float, typer.Option("--timeout", min=1, metavar="SECONDS", help="The time limit of it all.")]
SshOption = Annotated[
    Path | None,
    typer.Option("--ssh-config", metavar="FILE", help="OpenSSH's configuration; without it, the user's own."),
]


def migrate(config: ConfigOption = None, timeout: TimeoutOption = 300, ssh_config: SshOption = None) -> None:
    """Bring the site's database to what this version needs, before services of it start; twice is harmless."""
    from sagews.admin.database import migrate as bring
    from sagews.admin.directories import own_site
    from sagews.admin.fleet.site import SiteFleet
    from sagews.admin.fleet.tunnel import within_reach

    fleet = SiteFleet(config, [], timeout, here=False, ssh_configuration=ssh_config)
    if fleet.has("postgresql") and (status := fleet.do("start", ["postgresql"])):
        raise typer.Exit(status)
    with within_reach(fleet.site, own_site(fleet.site, None), ssh_config) as site:
        bring(site, typer.echo)


def certificates(
    config: ConfigOption = None,
    show: Annotated[bool, typer.Option("--show", help="Make nothing; exit status 1 if one has to be made.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Show them as one JSON object, and make nothing.")] = False,
    renew: Annotated[
        bool, typer.Option("--renew", help="Make new ones of machines, signed by the same authority.")
    ] = False,
    renew_token: Annotated[
        bool, typer.Option("--renew-token", help="Make a new token; the one before stays in force beside it.")
    ] = False,
    renew_passwords: Annotated[
        bool,
        typer.Option("--renew-passwords", help="Make new passwords for PostgreSQL; `install` and `start` use them."),
    ] = False,
    site_certificate: Annotated[
        Path | None,
        typer.Option("--site-certificate", metavar="FILE", help="Give balancers this certificate with its chain."),
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="Its key, where that is in a file of its own.")
    ] = None,
    timeout: TimeoutOption = 120,
    ssh_config: SshOption = None,
) -> None:
    """Make what machines show each other, show it, or put the site's certificate in its place."""
    from sagews.admin import database_passwords, machine_certificates, shown_certificates
    from sagews.admin.fleet.site import SiteFleet
    from sagews.admin.site_certificate import whole_certificate
    from sagews.config.load import load

    if site_certificate is not None:
        whole = whole_certificate(site_certificate, key)
        fleet = SiteFleet(config, [], timeout, here=False, ssh_configuration=ssh_config)
        raise typer.Exit(fleet.give_certificate(whole))
    site = load(config)
    if not (show or as_json):
        if not machine_certificates.needed(site):
            typer.echo("Services that need certificates are all on one machine, and so need none.")
        elif site.links.authority:
            typer.echo("[links] names files that were made elsewhere; nothing is made.")
        else:
            machine_certificates.make(site, typer.echo, renew=renew, renew_token=renew_token)
            database_passwords.make(site, typer.echo, renew=renew_passwords)
            typer.echo("sagews admin install brings them to their machines.")
        return
    found = machine_certificates.shown(site)
    typer.echo(shown_certificates.as_json(found) if as_json else shown_certificates.table(found))
    raise typer.Exit(int(any(each.renew for each in found)))


def install(
    config: ConfigOption = None,
    machine: Annotated[
        list[str] | None, typer.Option("--machine", metavar="NAME", help="This machine alone; may be given again.")
    ] = None,
    timeout: TimeoutOption = 900,
    ssh_config: SshOption = None,
) -> None:
    """Bring this version of the program, certificates and secrets to the other machines; twice is harmless."""
    from sagews.admin.fleet.site import SiteFleet

    fleet = SiteFleet(config, machine or [], timeout, here=False, ssh_configuration=ssh_config)
    raise typer.Exit(fleet.install())


def drain(
    machine: Annotated[str, typer.Argument(metavar="MACHINE", help="The machine to empty.")],
    config: ConfigOption = None,
    timeout: TimeoutOption = 4000,
    ssh_config: SshOption = None,
) -> None:
    """Empty a machine: no new sessions there, readers move, those that live may end; `start` takes it back."""
    from sagews.admin.fleet.site import SiteFleet

    fleet = SiteFleet(config, [machine], timeout, here=False, ssh_configuration=ssh_config)
    raise typer.Exit(fleet.drain())


def upgrade(
    config: ConfigOption = None,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, metavar="SECONDS", help="The time limit of each machine.")
    ] = 5000,
    ssh_config: SshOption = None,
) -> None:
    """See that all machines can have it, then bring the database and one after another to this version.

    The first machine that fails ends it.
    """
    from sagews.admin.fleet.site import SiteFleet

    fleet = SiteFleet(config, [], timeout, here=False, ssh_configuration=ssh_config)
    if status := fleet.probe():
        raise typer.Exit(status)
    migrate(config, timeout, ssh_config)
    raise typer.Exit(fleet.upgrade())
