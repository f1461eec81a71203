"""`sagews admin users`: its options."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sagews.admin.users import Users

users = typer.Typer(help="The accounts of the site: list, add, invite, disable, sign-in links.", no_args_is_help=True)

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="The site's sagews.toml; without it, the defaults.")
]
DataOption = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Data directory of this machine.")]
AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its id, or its e-mail address.")]
EmailOption = Annotated[str, typer.Option("--email", metavar="ADDRESS", help="Their e-mail address.")]
OperatorOption = Annotated[bool, typer.Option("--operator", help="They may run the site.")]


@users.command("list")
def show(
    search: Annotated[str, typer.Argument(metavar="TEXT", help="With this in id, name or address.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Show accounts."""
    _users(config, data).list(search, as_json=as_json)


@users.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call them.")],
    email: EmailOption = "",
    operator: OperatorOption = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Make an account, and print a link that signs in to it, once."""
    _users(config, data).add(name, email, operator=operator)


@users.command()
def invite(
    email: EmailOption = "", operator: OperatorOption = False, config: ConfigOption = None, data: DataOption = None
) -> None:
    """Print an address under which somebody gets an account, once; with --email, who owns that by a provider's word."""
    _users(config, data).invite(email, operator=operator)


@users.command()
def link(account: AccountArgument, config: ConfigOption = None, data: DataOption = None) -> None:
    """Print a link that signs in to an account, once within an hour."""
    _users(config, data).link(account)


@users.command(hidden=True)
def owner(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call them, if they have no account yet.")],
    address: Annotated[str, typer.Argument(metavar="URL", help="Of the site.")],
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Print a link that signs in whose laptop this is; what `sagews serve` shows."""
    _users(config, data).owner_link(name, address)


@users.command("sign-out")
def sign_out(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its id, or its e-mail address.")] = "",
    everybody: Annotated[bool, typer.Option("--all", help="All accounts.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Sign an account out everywhere, or all of them: they have to sign in again.

    API tokens and invitations go on.
    """
    _users(config, data).sign_out(account, everybody=everybody)


@users.command()
def disable(account: AccountArgument, config: ConfigOption = None, data: DataOption = None) -> None:
    """Sign an account out everywhere, and let it in no more."""
    _users(config, data).disable(account, disabled=True)


@users.command()
def enable(account: AccountArgument, config: ConfigOption = None, data: DataOption = None) -> None:
    """Let an account in again that was disabled."""
    _users(config, data).disable(account, disabled=False)


@users.command()
def operator(
    account: AccountArgument,
    no_more: Annotated[bool, typer.Option("--no-more", help="It may run the site no more.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Let an account run the site."""
    _users(config, data).make_operator(account, operator=not no_more)


def _users(config: Path | None, data: Path | None) -> "Users":
    from sagews.admin.users import Users

    return Users(config, data, typer.echo)
