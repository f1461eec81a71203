"""A systemd unit that starts a machine's services at boot. Thinking only, no I/O."""

import sys
from pathlib import Path

from sagews.admin.supervisor.daemon import MOST_OPEN_FILES
from sagews.admin.supervisor.places import Places
from sagews.config.load import parse, text_of
from sagews.config.placement import for_machine, machines
from sagews.config.placement import machine as machine_of
from sagews.errors import ConfigurationError

UNIT = """\
# Written by: sagews admin unit. Goes to /etc/systemd/system/sagews.service
[Unit]
Description=sagews, the services of {machine}
Wants=network-online.target
After=network-online.target

[Service]
# supervisord makes itself a daemon, and says in this file which process it is.
Type=forking
PIDFile={pid}
# A service that cannot start is tried again by supervisord; it is no reason to end the others.
ExecStart=-{command} start {options}
ExecReload={command} reload {options}
ExecStop=-{command} stop {options}
TimeoutStartSec=330
TimeoutStopSec=210
Restart=on-failure
RestartSec=5
KillMode=mixed
# Workers put their sessions into control groups of their own.
Delegate=yes
LimitNOFILE={files}
{user}
[Install]
WantedBy=multi-user.target
"""


def unit(config: Path | None, machine: str, user: str) -> str:
    """Return the text of the unit. Raises ConfigurationError."""
    site = parse("" if config is None else text_of(config), str(config or ""))
    if not machine and len(own := [each.name for each in machines(site) if not each.ssh]) == 1:
        machine = own[0]
    places = Places(for_machine(site, machine_of(site, machine)).data)
    options = ["--here"]
    if config is not None:
        options += ["--config", _word(str(config.absolute()))]
    if machine:
        options += ["--machine", _word(machine)]
    return UNIT.format(
        machine=f"machine {machine}" if machine else "this machine",
        pid=_word(str(places.pid)),
        command=f"{_word(sys.executable)} -P -m sagews admin",
        options=" ".join(options),
        files=MOST_OPEN_FILES,
        user=f"User={_word(user)}\n" if user else "",
    )


def _word(text: str) -> str:
    """Return a word of a command line of systemd.service(5), which a plain path is."""
    if not text.isprintable() or any(c.isspace() or c in "\"'\\;" for c in text):
        raise ConfigurationError("cannot stand in a systemd unit", text, "choose a path without blanks and quotes")
    return text.replace("%", "%%").replace("$", "$$")
