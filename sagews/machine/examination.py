"""The examination of this machine: every wall and limit, in order, with what to do where one is missing."""

import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sagews.machine import cgroups, processes, rights, sandboxes, settings
from sagews.machine.trial import MissingError, attempt
from sagews.protocol.isolation import Finding

ROOT = "root"
USER_SWITCH = "users of their own"
USER_NAMESPACES = "user namespaces"
PROCESSES = "process namespaces"
MOUNTS = "mount namespaces"
MESSAGES = "IPC namespaces"
HOSTNAME = "host name namespaces"
NETWORK = "network namespaces"
CGROUP_NAMES = "cgroup namespaces"
SHOWN_ROOT = "read-only root"
PRIVATE_FILES = "files of their own"
NO_NEW_PRIVILEGES = "no new privileges"
NO_CAPABILITIES = "no capabilities"
FILTER = "filter of system calls"
LANDLOCK = "Landlock"
PIDFDS = "process descriptors"
ORPHANS = "orphans"
BY_USER = "ends by user"
DATAGRAMS = "datagrams"
PROCESS_LIST = "/proc"
LIMITS = "limits of a process"
HUGE_PAGES = "huge pages"
NOT_LINUX = "Linux"

_CONTAINER = (
    "in a container, let it make namespaces (podman: --cap-add SYS_ADMIN,SYS_PTRACE; Docker: --cap-add SYS_ADMIN"
    " --cap-add SYS_PTRACE --security-opt seccomp=unconfined --security-opt apparmor=unconfined), or use a virtual"
    " machine; otherwise use a kernel built with them"
)
_NEWER = "use a newer kernel, or one that is built with it"
_HELD = f"{_NEWER}; in gVisor, run the worker as root: then its sessions are held by their users, in tier C"


@dataclass(frozen=True, slots=True)
class Trial:
    """Something to try, and what to do where it does not work."""

    name: str
    act: Callable[[], str]
    advice: str


RIGHTS = [
    Trial(ROOT, rights.root, "run the worker as root: it starts programs as other users and drops all rights there"),
    Trial(USER_SWITCH, rights.user_switch, "run the worker as root"),
    Trial(
        USER_NAMESPACES,
        sandboxes.user_namespaces,
        "allow them to ordinary users (see the settings below), or run the worker as root",
    ),
]
SANDBOX = [
    Trial(PROCESSES, sandboxes.processes, _CONTAINER),
    Trial(MOUNTS, sandboxes.mounts, _CONTAINER),
    Trial(MESSAGES, sandboxes.messages, _CONTAINER),
    Trial(HOSTNAME, sandboxes.hostname, _CONTAINER),
    Trial(NETWORK, sandboxes.network, _CONTAINER),
    Trial(CGROUP_NAMES, sandboxes.cgroup_names, _CONTAINER),
    Trial(SHOWN_ROOT, sandboxes.shown_root, _CONTAINER),
    Trial(PRIVATE_FILES, sandboxes.private_files, _CONTAINER),
]
"""What needs root, or user namespaces."""
OTHERS = [
    Trial(NO_NEW_PRIVILEGES, rights.no_new_privileges, _NEWER),
    Trial(NO_CAPABILITIES, rights.no_capabilities, _NEWER),
    Trial(FILTER, rights.filter_of_calls, f"{_NEWER} (CONFIG_SECCOMP_FILTER), on x86_64 or aarch64"),
    Trial(LANDLOCK, rights.landlock, "boot with lsm=landlock,... on Linux 5.13 or newer; sandboxes do without"),
    Trial(PIDFDS, processes.pidfds, _HELD),
    Trial(ORPHANS, processes.orphans, _HELD),
    Trial(DATAGRAMS, processes.datagrams, "use Linux"),
    Trial(PROCESS_LIST, processes.process_list, "mount /proc, so that the worker's user sees its own processes in it"),
    Trial(LIMITS, processes.limits_of_a_process, _NEWER),
    Trial(HUGE_PAGES, processes.huge_pages, "echo madvise >/sys/kernel/mm/transparent_hugepage/enabled (Linux 6.1)"),
]
HOLDS = (PIDFDS, ORPHANS)
"""By these sessions are held; where one is missing, by their users."""
INSTEAD = Trial(BY_USER, processes.ends_by_user, "run the worker as root, with every user id")
BASIS = (*HOLDS, DATAGRAMS, PROCESS_LIST)
"""Without these the worker itself does not run; in tier C it does without those that hold, where INSTEAD works."""
_CGROUPS = (
    "run the worker where cgroups are its own: as root, or by systemd with Delegate=yes; in Docker with"
    " --cgroupns=private and a writable /sys/fs/cgroup"
)


def examine(*, interpreters: dict[str, str], sessions: int, thorough: bool) -> list[Finding]:
    """Try everything; takes about a fifth of a second.

    `interpreters` are paths by the names of their environments; `sessions` is
    how many live at once; `thorough` also has the system kill a process for
    want of memory, which its log tells.
    """
    if platform.system() != "Linux":
        return [not_linux(platform.system()), *(_tried(trial) for trial in OTHERS if trial.name in BASIS)]
    rights_found = [_tried(trial) for trial in RIGHTS]
    others = [_tried(trial) for trial in OTHERS]
    if not all(finding.holds for finding in others if finding.name in HOLDS):
        others.append(_tried(INSTEAD))
    can_try = any(finding.holds for finding in rights_found if finding.name in (ROOT, USER_NAMESPACES))
    return [
        *rights_found,
        *(_tried(trial) if can_try else _without_rights(trial) for trial in SANDBOX),
        *others,
        *(_controller(name, thorough=thorough) for name in cgroups.CONTROLLERS),
        *_interpreters(interpreters),
        _other_processes(),
        settings.open_files(sessions),
        *settings.memory(),
        *settings.settings(),
    ]


def not_linux(system: str) -> Finding:
    """Return what there is to say of a system that has none of the walls."""
    return Finding(
        name=NOT_LINUX,
        holds=False,
        found=f"this is {system}, where tier D is the most: it has no namespaces, no filter of calls, no cgroups",
        advice="for anybody but yourself, run the worker on Linux; a virtual machine will do",
    )


def system() -> str:
    """Return the kernel and processor, as in `Linux 6.1.0 x86_64`, and whether gVisor only plays it."""
    words = f"{platform.system()} {platform.release()} {platform.machine()}"
    return f"{words} (gVisor)" if settings.is_gvisor() else words


def _tried(trial: Trial) -> Finding:
    outcome = attempt(trial.act)
    advice = "" if outcome.works else trial.advice
    return Finding(name=trial.name, holds=outcome.works, found=outcome.text, advice=advice)


def _without_rights(trial: Trial) -> Finding:
    return Finding(name=trial.name, holds=False, found=f"needs {ROOT} or {USER_NAMESPACES}, see above")


def _controller(name: str, *, thorough: bool) -> Finding:
    holds: bool | None
    try:
        holds, found = True, cgroups.try_controller(name, thorough=thorough)
    except cgroups.UntriedError as error:
        holds, found = None, str(error)
    except (OSError, MissingError) as error:
        holds, found = False, str(error)
    return Finding(name=f"cgroups: {name}", holds=holds, found=found, advice=_CGROUPS if holds is False else "")


def _interpreters(interpreters: dict[str, str]) -> Iterator[Finding]:
    """Yield whether an ordinary user could start each; to root, everything is readable."""
    for environment, path in interpreters.items():
        outcome = attempt(lambda path=path: rights.readable_by_strangers(path))  # type: ignore[misc]
        yield Finding(
            name=f"interpreter of {environment}",
            holds=outcome.works,
            found=outcome.text if outcome.works else f"cannot be started by another user ({outcome.text})",
            advice=""
            if outcome.works
            else "sandboxes of tier A show it all the same; to run the worker as another user, install Python where"
            " all users can read it (not below root's home)",
        )


def _other_processes() -> Finding:
    outcome = attempt(rights.other_processes)
    return Finding(name="processes of others", holds=None, found=f"{outcome.text}; a sandbox hides them")
