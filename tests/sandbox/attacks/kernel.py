"""Attacks on the kernel: its rarer interfaces, other namespaces, other rights, the machine itself."""

from tests.sandbox.attack import Attack, Found

_REFUSED = ("EPERM", "ENOSYS")


def _refused_by_name(found: Found) -> bool:
    """The filter's own words: the kernel, asked nonsense, would say EINVAL, EFAULT or EBADF to a call that is open."""
    return bool(found) and all(word in _REFUSED for word in found.values())


ATTACKS = [
    Attack(
        "16",
        "type into a terminal",
        "filter; no terminal",
        """
try:
    leader, terminal = _os.openpty()
except OSError:
    leader, terminal = -1, -1
letter = _ctypes.create_string_buffer(b"x")
found = {}
for fd in (terminal, 0, 1, 2):
    for name, command in (("TIOCSTI", 0x5412), ("TIOCLINUX", 0x541C), ("TIOCSETD", 0x5423)):
        found[f"{name} {fd}"] = call("ioctl", fd, command, letter)
        found[f"{name} {fd} high half"] = call("ioctl", fd, command | 1 << 32, letter)
tell(**found, terminal=attempt(lambda: _os.close(_os.open("/dev/tty", _os.O_RDWR))))
""",
        held=lambda found: all(word == "EPERM" for name, word in found.items() if name.startswith("T")),
    ),
    Attack(
        "26",
        "the clock and the name of the machine",
        "filter; no capabilities",
        """
import socket, time
found = {"clock_settime": attempt(time.clock_settime, time.CLOCK_REALTIME, time.time())}
found["settimeofday"] = call("settimeofday", _ctypes.create_string_buffer(16), 0)
found["adjtimex"] = call("adjtimex", _ctypes.create_string_buffer(256))
found["clock_adjtime"] = call("clock_adjtime", 0, _ctypes.create_string_buffer(256))
found["sethostname"] = attempt(socket.sethostname, "x")
found["setdomainname"] = call("setdomainname", _ctypes.c_char_p(b"x"), 1)
tell(**found)
""",
    ),
    Attack(
        "26b",
        "learn the name of the machine",
        "host name namespace",
        """
import socket
tell(name="done" if TARGET.hostname in (socket.gethostname(), _os.uname().nodename) else "hidden")
""",
    ),
    Attack(
        "27",
        "leave a core dump",
        "limit of core dumps",
        """
import resource
soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
ended = in_fork(lambda: _os.kill(_os.getpid(), _signal.SIGSEGV))
tell(limits=[soft, hard], raised=attempt(resource.setrlimit, resource.RLIMIT_CORE, (1 << 20, 1 << 20)), ended=ended,
     cores=[name for name in _os.listdir(".") if name.split(".")[0] == "core"])
""",
        held=lambda found: found["limits"] == [0, 0] and found["raised"] != "done" and not found["cores"],
    ),
    Attack(
        "29",
        "make namespaces",
        "filter",
        """
found = {}
for name, flag in (("mounts", 0x20000), ("cgroups", 0x2000000), ("name", 0x4000000), ("IPC", 0x8000000),
                   ("users", 0x10000000), ("processes", 0x20000000), ("network", 0x40000000), ("time", 0x80)):
    found[f"unshare {name}"] = in_fork(lambda: call("unshare", flag))
    found[f"unshare {name} high half"] = in_fork(lambda: call("unshare", flag | 1 << 40))
    if name != "time":
        found[f"clone {name}"] = in_fork(lambda: call("clone", flag | 17, 0, 0, 0, 0))
found["clone3"] = call("clone3", _ctypes.create_string_buffer(88), 8)
found["setns"] = call("setns", 0, 0)
tell(**found)
""",
        held=_refused_by_name,
    ),
    Attack(
        "30",
        "the rarer interfaces of the kernel",
        "filter",
        """
names = ("bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key", "io_uring_setup",
         "io_uring_enter", "io_uring_register", "open_by_handle_at", "name_to_handle_at", "mount", "umount2",
         "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "fsmount", "fspick", "mount_setattr",
         "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon",
         "swapoff", "acct", "quotactl", "syslog", "iopl", "ioperm", "modify_ldt", "fanotify_init", "memfd_secret",
         "pidfd_getfd", "process_madvise", "migrate_pages", "move_pages", "vhangup", "kcmp", "ptrace", "setns",
         "lookup_dcookie", "statmount", "listmount", "lsm_list_modules")
tell(**{name: call(name, 0, 0, 0, 0, 0, 0) for name in names if name in _NUMBERS[_MACHINE]})
""",
        held=_refused_by_name,
    ),
    Attack(
        "30b",
        "calls that no table knows",
        "filter",
        "tell(**{str(number): call(number, 0, 0, 0, 0, 0, 0) for number in (*range(470, 520), 1000, 99999)})",
        held=_refused_by_name,
    ),
    Attack(
        "30c",
        "weaken the process itself",
        "filter",
        """
found = {"no random addresses": call("personality", 0x0040000), "as 32 bits": call("personality", 8),
         "read implies execute": call("personality", 0x0400000)}
found["device"] = attempt(_os.mknod, "/tmp/device", 0o020666, _os.makedev(1, 1))
found["disk"] = attempt(_os.mknod, "/tmp/disk", 0o060666, _os.makedev(254, 0))
tell(**found)
""",
        held=_refused_by_name,
    ),
    Attack(
        "31",
        "calls of other architectures",
        "filter",
        """
import mmap
def as_i386():
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20 (getpid); int 0x80; ret
    return _ctypes.CFUNCTYPE(_ctypes.c_int)(_ctypes.addressof(_ctypes.c_char.from_buffer(page)))()
if _MACHINE == "x86_64":
    tell(x32=in_fork(lambda: call(0x40000000 | 39)), i386=in_fork(as_i386))
else:
    tell(x32="SIGSYS", i386="SIGSYS")
""",
        held=lambda found: set(found.values()) == {"SIGSYS"},
    ),
]
