"""Attacks on files: reading what is the operator's or a sibling's, writing where others read."""

from sagews.session.init import MOST_TERMINALS
from tests.sandbox.attack import Attack, Found

_OWN = ("/tmp", "/dev/shm", "/home")


def _only_own(found: Found) -> bool:
    return bool(found["tried"] > 100) and all(path.startswith(_OWN) for path in found["written"])


def _proc_is_read_only(found: Found) -> bool:
    # Everybody may open these; they ask for rights, or bound what comes, when they are written to.
    open_to_all = {
        "/proc/sys/kernel/ns_last_pid",
        *(f"/proc/pressure/{name}" for name in ("io", "cpu", "memory", "irq")),
    }
    return found["tried"] > 100 and set(found["opened"]) <= (set() if found["landlock"] else open_to_all)


ATTACKS = [
    Attack(
        "8",
        "read the operator's files",
        "a root of its own; another user; landlock",
        """
names = ("/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/ssh/sshd_config", "/etc/hostname", "/etc/crontab",
         "/var/log/dpkg.log", "/var/lib/dpkg/status", "/boot", "/sys/kernel", "/sys/class/net", "/run", "/srv",
         "/root/.bashrc", "/root/.ssh", "/dev/vda", "/dev/sda", "/dev/mem", "/dev/kmsg", "/dev/kvm", "/dev/fuse",
         "/dev/net/tun", "/dev/tty", TARGET.readable, TARGET.config, TARGET.log, TARGET.token,
         TARGET.runtime, TARGET.socket, TARGET.repository + "/pyproject.toml", TARGET.repository + "/tests")
def look(path):
    return _os.listdir(path) if _os.path.isdir(path) else read(path)
tell(**{name: attempt(look, name) for name in names})
""",
    ),
    Attack(
        "8b",
        "leave the root by a detour",
        "a root of its own; filter",
        """
deep = "/tmp/" + "../" * 60
here = _os.open("/", _os.O_RDONLY)
found = {"up": attempt(read, deep + TARGET.readable), "mnt": attempt(lambda: _os.listdir("/mnt")[0])}
found["chroot"] = attempt(_os.chroot, "/tmp")
found["self"] = attempt(read, "/proc/self/root/.." + TARGET.readable)
found["thread"] = attempt(read, "/proc/thread-self/root" + TARGET.readable)
found["by handle"] = call("open_by_handle_at", here, _ctypes.create_string_buffer(64), 0)
found["to handle"] = call("name_to_handle_at", here, _ctypes.c_char_p(b"."), _ctypes.create_string_buffer(64),
                          _ctypes.create_string_buffer(8), 0)
for name in ("mnt", "pid", "net", "user", "ipc", "uts", "cgroup"):
    def enter(name=name):
        _os.close(_os.open(f"/proc/1/ns/{name}", _os.O_RDONLY))
    found[name] = attempt(enter)
_os.symlink(TARGET.readable, "/tmp/link")
found["link"] = attempt(read, "/tmp/link")
tell(**found)
""",
    ),
    Attack(
        "8c",
        "read a sibling's files",
        "mounts of its own",
        """
names = ("/tmp/planted", "/dev/shm/planted", "/tmp/fifo", "/tmp/server")
found = {name: attempt(_os.stat, name) for name in names}
found["home"] = attempt(lambda: open(_os.path.expanduser("~/planted")).read())
found["homes"] = attempt(lambda: [n for n in _os.listdir("/home") if f"/home/{n}" != _os.path.expanduser("~")][0])
tell(**found)
""",
    ),
    Attack(
        "8f",
        "find terminals of others, or take them all",
        "terminals of its own",
        """
found = {"others": sorted(_os.listdir("/dev/pts")), "taken": 0}
try:
    while found["taken"] < 5000:
        _os.openpty()
        found["taken"] += 1
except OSError as error:
    found["end"] = _errno.errorcode[error.errno]
tell(**found)
""",
        held=lambda found: found["others"] == ["ptmx"] and found["taken"] <= MOST_TERMINALS,
    ),
    Attack(
        "8d",
        "read what only the operator may, among what is shown",
        "another user",
        "tell(public=attempt(read, TARGET.shown + '/public'), private=attempt(read, TARGET.shown + '/private'))",
        held=lambda found: found == {"public": "done", "private": "EACCES"},
    ),
    Attack(
        "8e",
        "open a device among what is shown",
        "nodev",
        "tell(device=attempt(read, TARGET.shown + '/device'))",
    ),
    Attack(
        "11d",
        "write what everybody may write, among what is shown",
        "read-only mounts; landlock",
        """
path = TARGET.shown + "/open"
tell(write=attempt(write, path), truncated=attempt(_os.truncate, path, 0), removed=attempt(_os.unlink, path))
""",
    ),
    Attack(
        "11",
        "write where others read",
        "read-only mounts; another user; landlock",
        """
import sys
tried, written = 0, []
def try_in(directory):
    global tried
    tried += 1
    path = f"{directory}/sagews-test-written"
    try:
        _os.close(_os.open(path, _os.O_CREAT | _os.O_WRONLY, 0o600))
        written.append(directory)
        _os.unlink(path)
    except OSError:
        pass
for top in ("/", *(path for path in sys.path if path), sys.prefix, sys.base_prefix):
    depth = top.rstrip("/").count("/")
    for directory, below, _files in _os.walk(top):
        if directory.startswith("/proc"):
            below.clear()
            continue
        if directory.count("/") - depth >= 3:
            below.clear()
        try_in(directory)
changed = {}
for path in ("/usr/bin/env", "/bin/sh", "/etc/passwd", "/etc/ld.so.cache", sys.executable, _os.__file__,
             __import__("sagews.session.main").session.main.__file__):
    changed[path] = attempt(write, path)
    changed[f"chmod {path}"] = attempt(_os.chmod, path, 0o777)
    changed[f"unlink {path}"] = attempt(_os.unlink, path)
    changed[f"rename {path}"] = attempt(_os.rename, path, path + "~")
    changed[f"times {path}"] = attempt(_os.utime, path)
    changed[f"attributes {path}"] = attempt(_os.setxattr, path, "user.x", b"x")
tell(tried=tried, written=written, changed=changed)
""",
        held=lambda found: _only_own(found) and "done" not in found["changed"].values(),
    ),
    Attack(
        "11b",
        "write to /proc",
        "landlock; another user; no capabilities",
        """
own = {"self", "thread-self", *(name for name in _os.listdir("/proc") if name.isdigit())}
opened, tried = [], 0
for directory, below, files in _os.walk("/proc"):
    if directory == "/proc":
        below[:] = [name for name in below if name not in own]
    for name in files:
        tried += 1
        if attempt(write, f"{directory}/{name}") == "done":
            opened.append(f"{directory}/{name}")
tell(tried=tried, opened=opened, landlock=TARGET.landlock)
""",
        held=_proc_is_read_only,
    ),
    Attack(
        "11c",
        "read what the kernel keeps to itself",
        "another user; no capabilities",
        """
names = ("kcore", "kmsg", "kpagecount", "kpageflags", "kpagecgroup", "timer_list", "sched_debug", "slabinfo",
         "vmallocinfo", "pagetypeinfo", "latency_stats", "sysrq-trigger", "acpi/wakeup", "tty/driver/serial",
         "mtrr", "scsi/scsi", "asound/cards")
found = {name: attempt(read, f"/proc/{name}") for name in names}
try:
    addresses = {line.split()[0] for line in open("/proc/kallsyms").read().splitlines()[:100]}
except OSError:
    addresses = set()
found["addresses of the kernel"] = "done" if addresses - {"0" * 16} else "hidden"
keys = open("/proc/keys").read() if _os.path.exists("/proc/keys") else ""
found["keys of others"] = "done" if [l for l in keys.splitlines() if f" {_os.getuid()} " not in l] else "none"
found["log"] = call("syslog", 3, _ctypes.create_string_buffer(64), 64)
tell(**found)
""",
    ),
    Attack(
        "13",
        "shared memory of the machine",
        "mounts of its own",
        "tell(seen=attempt(_os.stat, TARGET.shared), listed=[n for n in _os.listdir('/dev/shm') if n != 'sh'])",
        held=lambda found: found["seen"] != "done" and not found["listed"],
    ),
    Attack(
        "14",
        "segments of the machine",
        "IPC namespace",
        """
_libc.shmat.restype = _ctypes.c_void_p
def attach(number):
    if _libc.shmat(number, None, 0) in (None, 2**64 - 1):
        raise OSError(_ctypes.get_errno(), "shmat")
found = {"by key": call("shmget", TARGET.segment_key, 0, 0), "by number": attempt(attach, TARGET.segment)}
listed = [line for name in ("shm", "msg", "sem") for line in open(f"/proc/sysvipc/{name}").read().splitlines()[1:]]
tell(**found, listed="done" if listed else "none")
""",
    ),
]
