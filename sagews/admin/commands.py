"""The commands `sagews admin`: their options, and which module does the work of each."""

import typer

from sagews.admin.log_commands import empty_logs, logs

admin = typer.Typer(help="Start, stop and show the services of a site, on all its machines.", no_args_is_help=True)

admin.command("logs")(logs)
admin.command("empty-logs")(empty_logs)
