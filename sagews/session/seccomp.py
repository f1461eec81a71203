"""The filter on a session's system calls (seccomp(2)), the last wall that it puts up.

Which calls it lets through. A call must be in our table (`syscall_numbers.py`)
and in none of the groups below. An allow-list of what today's libraries
happen to call would break tomorrow's; a mere deny-list would let in every
call of a newer kernel, and new calls are where a kernel breaks first. So
all that numeric libraries, threads, processes, shells and databases call is
open, what is for administrators or for one's neighbours is closed by name,
and what we have not seen is closed by number.

How it refuses. EPERM where the caller lacks the right, ENOSYS where a kernel
might have been built without the call, so that libraries take their other
way: glibc forks and starts threads by clone(2) when clone3(2), whose flags
lie in memory where a filter cannot see them, is not there. Another
architecture's calls, and x32's, end the process: no program means them.

Only the low half of an argument is compared where the kernel takes an int, as
the high half is not part of it (CVE-2019-10063).

Left to the kernel's own rules, because they reach only the caller and what is
its own: prctl(2), landlock and seccomp(2) (they only narrow), priorities,
resource limits, signals, extended attributes, placing one's own memory.
"""

import ctypes
import errno
import os
import stat

from sagews.session.bpf import Branch, Compare, Load, Mask, Node, Return, assemble, search
from sagews.session.syscall_numbers import MACHINE, NUMBERS

_REFUSED = {
    # Other namespaces, other file systems.
    "setns mount umount2 pivot_root chroot": errno.EPERM,
    "open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr": errno.EPERM,
    "statmount listmount": errno.ENOSYS,
    # Other processes: their memory, their descriptors, where their pages lie.
    "ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd migrate_pages move_pages": errno.EPERM,
    "process_madvise process_mrelease set_mempolicy_home_node": errno.ENOSYS,
    # Programs and interfaces with a large part of the kernel behind them.
    "bpf perf_event_open userfaultfd add_key request_key keyctl fanotify_init fanotify_mark": errno.EPERM,
    "io_uring_setup io_uring_enter io_uring_register memfd_secret clone3": errno.ENOSYS,
    # Files by their number instead of by a path that can be checked.
    "name_to_handle_at open_by_handle_at": errno.EPERM,
    # The machine: its kernel, clock, name, disks, log, ports and segments.
    "kexec_load kexec_file_load init_module finit_module delete_module reboot": errno.EPERM,
    "settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname": errno.EPERM,
    "swapon swapoff acct quotactl quotactl_fd syslog vhangup iopl ioperm modify_ldt": errno.EPERM,
    "lsm_get_self_attr lsm_set_self_attr lsm_list_modules": errno.ENOSYS,
    # What nobody has called for decades, or what never was there.
    "uselib ustat sysfs _sysctl lookup_dcookie nfsservctl create_module get_kernel_syms query_module": errno.ENOSYS,
    "getpmsg putpmsg afs_syscall tuxcall security vserver epoll_ctl_old epoll_wait_old": errno.ENOSYS,
}
_MEMORY_FILES = "memfd_create shmget msgget semget"
"""What makes memory that belongs to no process, so that no limit on a process's memory counts it."""

_KILL, _ALLOW = Return(0x8000_0000), Return(0x7FFF_0000)  # SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ALLOW
_ARCHITECTURES = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}  # AUDIT_ARCH_* of <linux/audit.h>
_X32 = 0x4000_0000
_NUMBER, _ARCHITECTURE = 0, 4  # offsets in struct seccomp_data

_NEW_NAMESPACES = 0x7E02_0000  # CLONE_NEWNS, CLONE_NEWCGROUP, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET
_NEW_TIME = 0x80  # CLONE_NEWTIME, which clone(2) does not have: there, these bits are a signal
_PERSONALITIES = (0, 0xFFFF_FFFF)  # the ordinary one; the question for the present one
_TERMINAL_COMMANDS = (0x5412, 0x541C, 0x5423)  # TIOCSTI and TIOCLINUX type for others; TIOCSETD loads modules
_UNIX, _INET, _INET6 = 1, 2, 10
_STREAM, _DATAGRAM = 1, 2
_PROTOCOLS = (0, 1, 6, 17, 58)  # the usual one of the type, ICMP, TCP, UDP, ICMPv6: others load modules


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))  # struct sock_fprog


class Program:
    """A filter that is ready to be loaded, by this process or any fork of it."""

    def __init__(self, instructions: bytes) -> None:
        self.instructions = instructions
        """As an array of `struct sock_filter`."""
        self._filter = _Filter(len(instructions) // 8, instructions)
        self.address = ctypes.addressof(self._filter)
        """Of the `struct sock_fprog` that the system call takes."""


def program(*, memory_files: bool, network: bool, architecture: str = MACHINE) -> Program:
    """Make the filter.

    Without `memory_files` a session cannot make memory that is no process's
    own, for where no cgroup limits the memory of all its processes together.
    Without `network` it has Unix sockets only. Raises OSError for an
    architecture whose calls we do not know.
    """
    numbers = NUMBERS.get(architecture)
    if numbers is None:
        raise OSError(errno.ENOSYS, f"seccomp: the system calls of {architecture} are not known")
    answers = _answers(memory_files=memory_files, network=network)
    by_number = {number: answers.get(name, _ALLOW) for name, number in numbers.items()}
    cases: list[tuple[int, Node]] = []
    for number in range(max(by_number) + 2):
        answer = by_number.get(number, _refuse(errno.ENOSYS))
        if not cases or cases[-1][1] != answer:
            cases.append((number, answer))
    if architecture == "x86_64":
        cases.append((_X32, _KILL))
    known = Branch(Compare.EQUAL, (_ARCHITECTURES[architecture],), Load(_NUMBER, search(cases)), _KILL)
    return Program(assemble(Load(_ARCHITECTURE, known)))


def _answers(*, memory_files: bool, network: bool) -> dict[str, Node]:
    """Return what becomes of each call that is not simply allowed."""
    answers: dict[str, Node] = {name: _refuse(error) for names, error in _REFUSED.items() for name in names.split()}
    if not memory_files:
        answers |= {name: _refuse(errno.ENOSYS) for name in _MEMORY_FILES.split()}
    return answers | {
        "clone": _unless_any_bit(0, _NEW_NAMESPACES),
        "unshare": _unless_any_bit(0, _NEW_NAMESPACES | _NEW_TIME),
        "personality": _argument(0, _among(_PERSONALITIES, _ALLOW, _refuse(errno.EPERM))),
        "ioctl": _argument(1, _among(_TERMINAL_COMMANDS, _refuse(errno.EPERM), _ALLOW)),
        "mknod": _unless_device(1),
        "mknodat": _unless_device(2),
        "socket": _sockets(network=network),
        "socketpair": _argument(0, _among((_UNIX,), _ALLOW, _refuse(errno.EAFNOSUPPORT))),
    }


def _refuse(error: int) -> Return:
    return Return(0x0005_0000 | error)  # SECCOMP_RET_ERRNO


def _among(values: tuple[int, ...], yes: Node, no: Node) -> Node:
    return Branch(Compare.EQUAL, values, yes, no)


def _argument(index: int, then: Node) -> Node:
    """Load the low half of an argument; both architectures are little-endian."""
    return Load(16 + 8 * index, then)


def _unless_any_bit(index: int, bits: int) -> Node:
    return _argument(index, Branch(Compare.ANY_BIT, (bits,), _refuse(errno.EPERM), _ALLOW))


def _unless_device(index: int) -> Node:
    devices = (stat.S_IFCHR, stat.S_IFBLK)
    return _argument(index, Mask(0o170000, _among(devices, _refuse(errno.EPERM), _ALLOW)))


def _sockets(*, network: bool) -> Node:
    refuse = _refuse(errno.EAFNOSUPPORT)
    if not network:
        return _argument(0, _among((_UNIX,), _ALLOW, refuse))
    unknown = _refuse(errno.EPROTONOSUPPORT)
    protocols = _argument(2, _among(_PROTOCOLS, _ALLOW, unknown))
    # The type comes with flags, above its four bits.
    internet = _argument(1, Mask(0xF, _among((_STREAM, _DATAGRAM), protocols, unknown)))
    return _argument(0, _among((_UNIX,), _ALLOW, _among((_INET, _INET6), internet, refuse)))


_libc = ctypes.CDLL(None, use_errno=True)
_syscall = _libc.syscall
_syscall.argtypes = [ctypes.c_long, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_void_p]
_syscall.restype = ctypes.c_long
_SECCOMP = NUMBERS.get(MACHINE, {}).get("seccomp", -1)
_SET_FILTER, _ACTION_AVAILABLE = 1, 2  # SECCOMP_SET_MODE_FILTER, SECCOMP_GET_ACTION_AVAIL
_ALL_THREADS = 1  # SECCOMP_FILTER_FLAG_TSYNC
_action = ctypes.c_uint32(_KILL.answer)


def available() -> bool:
    """Tell whether this system can load our filters: it has seccomp(2), and can end a process by it (Linux 4.14).

    gVisor cannot be asked for the second. There no other architecture's calls
    exist, which are what a process is ended for.
    """
    if _syscall(_SECCOMP, _ACTION_AVAILABLE, 0, ctypes.addressof(_action)) == 0:
        return True
    # A filter that lies nowhere: EFAULT is said only where one could be loaded (seccomp(2)).
    return ctypes.get_errno() == errno.EINVAL and (
        _syscall(_SECCOMP, _SET_FILTER, _ALL_THREADS, None) < 0 and ctypes.get_errno() == errno.EFAULT
    )


def load(program: Program) -> None:
    """Put this process, all its threads and whatever it will start behind the filter, for good.

    Needs `capabilities.no_new_privileges`. Raises OSError.
    """
    result = _syscall(_SECCOMP, _SET_FILTER, _ALL_THREADS, program.address)
    if result:
        # Above zero it is a thread that could not be brought along.
        number = ctypes.get_errno() if result < 0 else errno.ESRCH
        raise OSError(number, f"seccomp: {os.strerror(number)}")
