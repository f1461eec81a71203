"""Walls taken away inside the product's own programs: what a ground (`ground.py`) loads into its builder and zygote.

The ablation switch, which is here and nowhere else. It runs in those programs
before their `main`, and replaces single steps of putting up walls by such as
ask a file, at each session, whether they are to be left out. So one builder
and one zygote serve every test.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sagews.worker import bootstrap

LAST_LINE = "importlib.import_module(module).main()\n"
LOADED = """\
program = importlib.import_module(module)
away = {{"__name__": "taken_away", "__file__": {file!r}}}
exec(compile(open({file!r}).read(), {file!r}, "exec"), away)
away["take_away"](module, {switches!r})
program.main()
"""


def command(interpreter: str, module: str, switches: Path) -> list[str]:
    """Return what `bootstrap.command` returns, with this file loaded in between."""
    start, dash, code, *rest = bootstrap_command(interpreter, module)
    assert code.endswith(LAST_LINE)
    loaded = LOADED.format(file=str(Path(__file__).resolve()), switches=str(switches))
    return [start, dash, code.removesuffix(LAST_LINE) + loaded, *rest]


bootstrap_command = bootstrap.command


# ------------------------------------------------ from here on: in the programs


class Switches:
    """What the file says is to be left out, as it was when it was read last."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.taken: set[str] = set()
        self.shown = ""
        """A path that sandboxes show."""

    def read(self) -> None:
        with open(self._path) as file:
            said = json.load(file)
        self.taken, self.shown = set(said["taken"]), said["shown"]

    def unless(self, wall: str, step: Callable[..., Any]) -> Callable[..., Any]:
        """Return the step, which is not taken when its wall is taken away."""

        def perhaps(*arguments: Any, **options: Any) -> Any:
            return None if wall in self.taken else step(*arguments, **options)

        return perhaps


def take_away(module: str, path: str) -> None:
    """Change this program, which is the builder or a zygote."""
    switches = Switches(path)
    (in_builder if module.endswith("builder") else in_zygote)(switches)


def in_builder(switches: Switches) -> None:
    """Let a sandbox lack what makes it one."""
    from sagews.session import init, namespaces
    from sagews.session.builder import Builder

    fork, unshare, mount, bind = Builder._fork, namespaces.unshare, init._mount, namespaces.bind

    def forked(builder: Builder, *arguments: Any) -> None:
        switches.read()
        fork(builder, *arguments)

    def unshared(flags: int) -> None:
        if not (flags == namespaces.NEW_PROCESSES and "process namespace" in switches.taken):
            unshare(flags)

    def bound(source: str, target: str, flags: int = 0) -> None:
        if not (target == "/dev/shm" and "private mounts" in switches.taken):
            bind(source, target, flags)

    def mounted(*arguments: Any) -> None:
        mount(*arguments)
        for wall, flag, where in (
            ("nosuid", namespaces.NO_SETUID, "/"),
            ("nodev", namespaces.NO_DEVICES, "/"),
            ("read-only mounts", namespaces.READ_ONLY, switches.shown),
        ):
            if wall in switches.taken:
                loosen(where, flag)

    Builder._fork, init._mount = forked, mounted  # type: ignore[method-assign, assignment]
    namespaces.unshare, namespaces.bind = unshared, bound


def loosen(where: str, flag: int) -> None:
    """Take a restriction from a mount and those in it (mount_setattr(2)); no session could."""
    import ctypes

    from sagews.session import namespaces

    attributes = namespaces._MountAttributes(attr_clr=flag)
    call = namespaces._libc.syscall
    if call(442, -100, os.fsencode(where), 0x8000, ctypes.byref(attributes), 32) != 0:
        raise OSError(ctypes.get_errno(), f"mount_setattr {where}")


def in_zygote(switches: Switches) -> None:
    """Let a session leave out steps of putting up its walls."""
    from sagews.session import capabilities, descriptors, namespaces, rlimits
    from sagews.session.sandbox import Sandbox

    drop_bounding, enter_namespaces, unshare, limit = (
        capabilities.drop_bounding,
        namespaces.enter,
        namespaces.unshare,
        rlimits._limit,
    )
    enter_sandbox, check = Sandbox.enter, Sandbox._check
    flags_of = {
        "mount namespace": namespaces.NEW_MOUNTS,
        "IPC namespace": namespaces.NEW_IPC,
        "host name namespace": namespaces.NEW_HOSTNAME,
        "network namespace": namespaces.NEW_NETWORK,
    }
    limits_of = {
        rlimits.resource.RLIMIT_CORE: "limit of core dumps",
        rlimits.resource.RLIMIT_NPROC: "limit of threads of the user",
    }

    def prepare(_sandbox: Sandbox, _walls: Any) -> None:
        """Read the switches before each fork; what is left of the bounding set is the session's own to drop."""
        switches.read()

    def enter(sandbox: Sandbox, spawn: Any, *arguments: Any) -> int:
        if spawn.walls.sandbox and not spawn.walls.user_namespace and "bounding set" not in switches.taken:
            drop_bounding()
        return enter_sandbox(sandbox, spawn, *arguments)

    def entered(descriptor: int, flags: int) -> None:
        for wall, flag in flags_of.items():
            if wall in switches.taken:
                flags &= ~flag
        enter_namespaces(descriptor, flags)

    def unshared(flags: int) -> None:
        if not (flags == namespaces.NEW_CGROUPS and "cgroup namespace" in switches.taken):
            unshare(flags)

    def limited(which: int, value: int) -> None:
        if limits_of.get(which) not in switches.taken:
            limit(which, value)

    def checked(sandbox: Sandbox, walls: Any) -> None:
        """Look at the walls only where all are to stand: the session itself would notice that one does not."""
        if not switches.taken:
            check(sandbox, walls)

    Sandbox.prepare, Sandbox.enter, Sandbox._check = prepare, enter, checked  # type: ignore[method-assign, assignment]
    namespaces.enter, namespaces.unshare, rlimits._limit = entered, unshared, limited
    capabilities.drop_bounding = switches.unless("bounding set", drop_bounding)
    capabilities.drop_all = switches.unless("capabilities", capabilities.drop_all)
    capabilities.no_new_privileges = switches.unless("no new privileges", capabilities.no_new_privileges)
    descriptors.close_all_but = switches.unless("closing of descriptors", descriptors.close_all_but)
    rlimits.CPU_MARGIN = 0  # So that a test of the backstop takes a second.
