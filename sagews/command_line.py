"""The command `sagews`: its subcommands and options, and how errors become one line and an exit status.

Imports are inside the commands, so that none waits for what only another one needs.
"""

import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sagews.admin.commands import admin
from sagews.admin.environment_commands import environment
from sagews.backend.convert_command import convert
from sagews.errors import ConfigurationError, SagewsError

if TYPE_CHECKING:
    from sagews.client.route import Route
    from sagews.client.worker import WorkerRoute
    from sagews.config.site import Site

FAULT, WRONG_USAGE, INTERRUPTED = 1, 2, 130

app = typer.Typer(
    name="sagews",
    help="Live mathematics: cells of code, evaluated in isolated sessions.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="The site's sagews.toml; without it, the defaults.")
]
HostOption = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Address to listen on.")]
PortOption = Annotated[
    int | None, typer.Option(min=0, max=65535, metavar="PORT", help="TCP port to listen on; 0 takes a free one.")
]
DataOption = Annotated[
    Path | None, typer.Option(metavar="DIR", readable=False, help="Directory for logs and the access token.")
]
RuntimeOption = Annotated[
    Path | None, typer.Option(metavar="DIR", readable=False, help="Directory of the services' sockets.")
]
ServiceOption = Annotated[
    str | None, typer.Option("--service", metavar="NAME", help="Which service of the configuration's machines it is.")
]
LifelineOption = Annotated[bool, typer.Option("--lifeline", help="End when stdin, a pipe of the starter, ends.")]
ServerOption = Annotated[
    list[str] | None,
    typer.Option(
        "--server",
        metavar="URL",
        help="A running site, or one of its backends: then it may be given again. Without it, a site is started for as"
        " long as this takes.",
    ),
]
WorkerOption = Annotated[
    str | None,
    typer.Option("--worker", metavar="ADDRESS", help="A worker, without a backend: HOST:PORT or unix:PATH."),
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", metavar="DIR", help="Directory for figures; without it, the current one.")
]
LanguageOption = Annotated[str, typer.Option(metavar="NAME", help="Language of the code, `sage`, `gap`, `r` or such.")]


def main() -> None:
    """Run the command line, and exit with its status."""
    if len(sys.argv) == 1:
        sys.argv.append("--help")
    try:
        sys.exit(app(standalone_mode=False))
    except SagewsError as error:
        print_error(error)
        sys.exit(error.exit_status)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    except Exception as error:
        # What typer raises for wrong usage has no public name, but a message.
        if (message := getattr(error, "format_message", None)) is None:
            raise
        command = getattr(getattr(error, "ctx", None), "command_path", "sagews").split()[1:2]
        hint = " ".join(["see sagews", *command, "--help"])
        print_error(ConfigurationError(message().rstrip("."), "", hint))
        sys.exit(WRONG_USAGE)


def print_error(error: SagewsError) -> None:
    """Say in one line on stderr what is wrong and what to do; no text of others may steer the terminal."""
    line = " ".join(f"sagews: {error}".split())
    print("".join(c if c.isprintable() else "\ufffd" for c in line), file=sys.stderr, flush=True)


def _print_version(wanted: bool) -> None:
    if wanted:
        from sagews import __version__

        typer.echo(f"sagews {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Live mathematics: cells of code, evaluated in isolated sessions."""


@app.command()
def serve(
    host: HostOption = None,
    port: PortOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the address and errors only.")] = False,
) -> None:
    """Serve a whole site from this machine until Ctrl-C."""
    from sagews.admin.serve import serve as serve_site

    raise typer.Exit(serve_site(_site(config, host=host, port=port, data=data), config, quiet=quiet))


@app.command()
def run(
    file: Annotated[str | None, typer.Argument(metavar="FILE", help="A file of code; - reads it from stdin.")] = None,
    code: Annotated[str | None, typer.Option("-c", metavar="CODE", help="The code itself.")] = None,
    server: ServerOption = None,
    worker: WorkerOption = None,
    language: LanguageOption = "",
    output: OutputOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Evaluate code in a new session and stream its output."""
    from sagews.client.run import Run
    from sagews.client.source import read_source

    one = Run(read_source(file, code), output or Path(), language)
    raise typer.Exit(_on_server(_server(server, worker, config, data), one.on))


@app.command()
def console(
    server: ServerOption = None,
    worker: WorkerOption = None,
    language: LanguageOption = "",
    output: OutputOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Talk to a session at an interactive prompt; Ctrl-D ends it."""
    from sagews.client.console import Console

    one = Console(_site(config, data=data).data, output or Path(), language)
    raise typer.Exit(_on_server(_server(server, worker, config, data), one.on))


@app.command()
def worker(
    config: ConfigOption = None,
    runtime: RuntimeOption = None,
    data: DataOption = None,
    lifeline: LifelineOption = False,
    readers: Annotated[
        str | None,
        typer.Option(
            metavar="WHO",
            help="Who can open sessions: `owner` of this machine, whoever has the `token`, `anybody`. Decides whether"
            " environments that do not say have the network (for the owner), and whether a weak tier will do (not for"
            " anybody). Without it, what the configuration says, and never the owner alone.",
        ),
    ] = None,
    service: ServiceOption = None,
    users: Annotated[
        str | None,
        typer.Option(metavar="USERS", help="Users that sessions run as: NAME,NAME... or FIRST-LAST of user ids."),
    ] = None,
    backend_user: Annotated[
        str, typer.Option(metavar="NAME", help="User as whom backends of this machine run; without it, the worker's.")
    ] = "",
    check: Annotated[
        bool, typer.Option("--check", help="Start each environment once, evaluate 1+1 in it, say what failed, and end.")
    ] = False,
) -> None:
    """Run one worker in the foreground, as `serve` does."""
    from functools import partial

    from sagews.worker.audience import for_readers, known_readers

    site = _site(config, runtime=runtime, data=data, users=users, service=service)
    known = known_readers(site, readers)
    site = for_readers(site, known)
    if check:
        from sagews.worker.check import check as check_environments

        raise typer.Exit(0 if check_environments(site, known, typer.echo) else FAULT)
    from sagews.worker.main import run

    _run_service(partial(run, readers=known, backend_user=backend_user), site, lifeline)


@app.command()
def doctor(
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Try every wall and limit of this machine, and say in which tier a worker isolates sessions here."""
    from sagews.worker.doctor import doctor as examine

    raise typer.Exit(0 if examine(_site(config), typer.echo, as_json=as_json) else FAULT)


@app.command()
def backend(
    config: ConfigOption = None,
    host: HostOption = None,
    port: PortOption = None,
    runtime: RuntimeOption = None,
    data: DataOption = None,
    directory: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Directory of what backends alone read and write.")
    ] = None,
    service: ServiceOption = None,
    lifeline: LifelineOption = False,
) -> None:
    """Run one backend in the foreground, as `serve` does."""
    from sagews.backend.main import run

    site = _site(config, host=host, port=port, runtime=runtime, data=data, directory=directory, service=service)
    _run_service(run, site, lifeline)


@app.command()
def logwatch(
    config: ConfigOption = None,
    data: DataOption = None,
    machine: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of this machine in the records; without it, its host name.")
    ] = None,
    until_idle: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="SECONDS",
            help="End when for so long no log has grown and the starter has had no other child.",
        ),
    ] = None,
    service: ServiceOption = None,
    lifeline: LifelineOption = False,
    check: Annotated[
        bool, typer.Option("--check", help="Say how much of the logs is not in the database yet, and end.")
    ] = False,
) -> None:
    """Bring this machine's logs into the database, in the foreground."""
    import socket
    from functools import partial

    from sagews.logwatch import main as logwatch

    site, name = _site(config, data=data, service=service), machine or socket.gethostname()
    if check:
        typer.echo(logwatch.check(site, name))
    else:
        _run_service(partial(logwatch.run, machine=name, until_idle=until_idle), site, lifeline)


@app.command()
def certificates(
    config: ConfigOption = None,
    data: DataOption = None,
    name: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A name or address of a worker; may be given again.")
    ] = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="Make new certificates, signed by the same authority.")
    ] = False,
    renew_token: Annotated[
        bool, typer.Option("--renew-token", help="Make a new token; the one before stays in force beside it.")
    ] = False,
) -> None:
    """Make what backends and workers on different machines show each other."""
    from sagews.admin.certificates import Certificates

    site = _site(config, data=data)
    Certificates(site.certificates, typer.echo).make(name or [], renew=renew, renew_token=renew_token)


database = typer.Typer(help="Look after the site's database.", no_args_is_help=True)
app.add_typer(database, name="database")


@database.command("migrate")
def migrate_database(config: ConfigOption = None, data: DataOption = None, service: ServiceOption = None) -> None:
    """Bring the tables of the database to what this version needs; twice is harmless."""
    from sagews.admin.database import migrate
    from sagews.admin.directories import site_at

    migrate(site_at(config, data, service), typer.echo)


app.command()(convert)
app.add_typer(environment, name="environment")
app.add_typer(admin, name="admin")


def _site(
    config: Path | None,
    *,
    host: str | None = None,
    port: int | None = None,
    runtime: Path | None = None,
    data: Path | None = None,
    directory: Path | None = None,
    users: str | None = None,
    service: str | None = None,
) -> "Site":
    """Return the configured site, with what the command line overrides. Raises ConfigurationError."""
    import msgspec

    from sagews.config.load import load
    from sagews.config.placement import for_service

    site = load(config)
    if service is not None:
        site = for_service(site, service)
    backend = {"host": host, "port": port, "directory": None if directory is None else str(directory.absolute())}
    worker = {} if users is None else {"users": users}
    whole = {
        "worker": msgspec.structs.replace(site.worker, **worker),
        "backend": msgspec.structs.replace(site.backend, **{k: v for k, v in backend.items() if v is not None}),
        "runtime_directory": None if runtime is None else str(runtime.absolute()),
        "data_directory": None if data is None else str(data.absolute()),
    }
    return msgspec.structs.replace(site, **{k: v for k, v in whole.items() if v is not None})


def _run_service(run: "Callable[..., None]", site: "Site", lifeline: bool) -> None:
    """Run a service until it ends; tell its starter on stdout why it could not start."""
    from contextlib import suppress

    from sagews.service.announcement import announce_error

    try:
        run(site, lifeline=lifeline)
    except SagewsError as error:
        announce_error(error)
        raise
    finally:
        if lifeline:
            # The starter's to remove, but for one that was killed: the last service to end finds it empty.
            with suppress(OSError):
                Path(site.runtime_directory).rmdir()


def _server(
    server: list[str] | None, worker: str | None, config: Path | None, data: Path | None
) -> "list[str] | WorkerRoute | None":
    """Return the server that a client is to use: a site, a worker, or None for a private site."""
    if worker is None:
        return server or None
    if server:
        raise ConfigurationError("both --server and --worker are given", "", "give one of them")
    from sagews.client.worker import WorkerRoute
    from sagews.config.address import parse_worker_address
    from sagews.service.dialer import Dialer

    return WorkerRoute(Dialer(_site(config, data=data), parse_worker_address(worker, "--worker")))


def _on_server(
    server: "list[str] | WorkerRoute | None", act: "Callable[[str | Sequence[str] | Route], Awaitable[int]]"
) -> int:
    """Act on a running server, or on a private site that ends with it; return the exit status."""
    import asyncio
    import signal

    async def talk() -> int:
        task = asyncio.current_task()
        assert task is not None
        # An end that unwinds, so that nothing is left behind.
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        if server is not None:
            return await act(server)
        from sagews.admin.private_site import private_site

        async with private_site() as address:
            return await act(address)

    try:
        return asyncio.run(talk())
    except asyncio.CancelledError:
        # All is cleaned up. A thread may be blocked in a write to stdout, which an orderly exit would wait for.
        os._exit(INTERRUPTED)
