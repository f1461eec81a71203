"""This system as gVisor is to a worker: without descriptors of processes, subreapers, ambient capabilities, and
without the question what a filter of system calls can do. A filter does it, for one process and all that it starts.
"""

import errno
import os

from sagews.session import seccomp
from sagews.session.bpf import Branch, Compare, Load, Node, Return, assemble, search
from sagews.session.prctl import Option
from sagews.session.syscall_numbers import MACHINE, NUMBERS

_ALLOW = Return(0x7FFF_0000)
_NUMBER, _FIRST_ARGUMENT = 0, 16
_ACTION_AVAILABLE = 2


def become() -> None:
    """Be so from now on. Needs root."""
    numbers = NUMBERS[MACHINE]
    missing = _refuse(errno.ENOSYS)
    unknown = _refuse(errno.EINVAL)
    cases: dict[int, Node] = {
        numbers["pidfd_open"]: missing,
        numbers["pidfd_send_signal"]: missing,
        numbers["prctl"]: _if((Option.PR_SET_CHILD_SUBREAPER, Option.PR_CAP_AMBIENT), unknown),
        numbers["seccomp"]: _if((_ACTION_AVAILABLE,), unknown),
    }
    edges: dict[int, Node] = {0: _ALLOW}
    for number in sorted(cases):
        edges[number] = cases[number]
        edges.setdefault(number + 1, _ALLOW)
    seccomp.load(seccomp.Program(assemble(Load(_NUMBER, search(sorted(edges.items(), key=lambda edge: edge[0]))))))
    assert not hasattr(os, "pidfd_open") or _fails()


def _fails() -> bool:
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError as error:
        return error.errno == errno.ENOSYS
    return False


def _if(values: tuple[int, ...], then: Node) -> Node:
    return Load(_FIRST_ARGUMENT, Branch(Compare.EQUAL, values, then, _ALLOW))


def _refuse(error: int) -> Return:
    return Return(0x0005_0000 | error)  # SECCOMP_RET_ERRNO
