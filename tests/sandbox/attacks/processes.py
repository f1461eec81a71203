"""Attacks on other processes: seeing, stopping and reading them, outnumbering them, outliving one's session."""

import os

from tests.sandbox.attack import Attack, Found

PROVE = bool(os.environ.get("SAGEWS_PROVE"))


def _alone(found: Found) -> bool:
    return set(found["seen"]) <= {1, found["me"]} and set(found["listed"]) <= {1, found["me"]}


ATTACKS = [
    Attack(
        "1",
        "fork bomb",
        "limit of threads of the cgroup or the user",
        """
forks, error = 0, ""
try:
    for _ in range(2000):
        if not _os.fork():
            _signal.pause()
        forks += 1
except OSError as failed:
    error = _errno.errorcode[failed.errno]
tell(forks=forks, error=error)
""",
        held=lambda found: found["error"] == "EAGAIN" and 10 < found["forks"] < 200,
        may_end=True,
    ),
    Attack(
        "1b",
        "fork bomb of fork bombs",
        "limit of threads of the cgroup or the user; SIGKILL of the whole namespace",
        """
tell(begun=True)
while True:
    try:
        _os.fork()
    except OSError:
        pass
""",
        held=lambda found: bool(found["begun"]),
        lasts=20.0 if PROVE else 1.0,
        may_end=True,
    ),
    Attack(
        "5",
        "read the first process",
        "process namespace; another user; not dumpable",
        """
names = ("mem", "environ", "maps", "auxv", "syscall", "stack", "io", "personality", "pagemap")
found = {name: attempt(read, f"/proc/1/{name}") for name in names}
for link in ("root", "cwd", "exe"):
    found[link] = attempt(_os.readlink, f"/proc/1/{link}")
    found[f"{link}/"] = attempt(_os.listdir, f"/proc/1/{link}/")
for name in ("fd", "map_files", "task/1/fd", "ns"):
    # Where there is one user only their numbers can be seen, but nothing of what they are.
    found[name] = attempt(lambda: [_os.readlink(f"/proc/1/{name}/{link}") for link in _os.listdir(f"/proc/1/{name}")])
for number in range(12):  # among them its log, its lifeline
    found[f"fd{number}"] = attempt(lambda: _os.close(_os.open(f"/proc/1/fd/{number}", _os.O_RDWR)))
for name in ("mem", "oom_score_adj", "oom_adj", "clear_refs", "coredump_filter", "comm", "timerslack_ns", "sched"):
    found[f"write {name}"] = attempt(write, f"/proc/1/{name}")
tell(**found)
""",
    ),
    Attack(
        "5b",
        "see what the first process is",
        "it has nothing that could be seen",
        """
cmdline = open("/proc/1/cmdline", "rb").read()
status = open("/proc/1/status").read()
tell(secret=any(word in cmdline for word in (b"token", b"secret", b"password")), status=len(status))
""",
        held=lambda found: not found["secret"],
    ),
    Attack(
        "6",
        "trace processes",
        "filter; process namespace; not dumpable",
        """
PTRACE_ATTACH, PTRACE_SEIZE = 16, 0x4206
room = _ctypes.create_string_buffer(64)
vector = (_ctypes.c_ulong * 2)(_ctypes.addressof(room), 64)
there = (_ctypes.c_ulong * 2)(_ctypes.addressof(room), 64)
a, b = _ctypes.c_void_p(_ctypes.addressof(vector)), _ctypes.c_void_p(_ctypes.addressof(there))
found = {}
child = _os.fork()
if not child:
    _signal.pause()
for name, pid in (("init", 1), ("sibling", TARGET.sibling), ("worker", TARGET.worker), ("child", child)):
    found[f"attach {name}"] = call("ptrace", PTRACE_ATTACH, pid, 0, 0)
    found[f"seize {name}"] = call("ptrace", PTRACE_SEIZE, pid, 0, 0)
    found[f"readv {name}"] = call("process_vm_readv", pid, a, 1, b, 1, 0)
    found[f"writev {name}"] = call("process_vm_writev", pid, a, 1, b, 1, 0)
    found[f"kcmp {name}"] = call("kcmp", _os.getpid(), pid, 0, 0, 0)
_os.kill(child, 9)
tell(**found)
""",
    ),
    Attack(
        "7",
        "kill everybody",
        "process namespace; landlock; another user",
        """
found = {}
for number in (9, 15, 19, 2, 11, 3):
    attempt(_os.kill, 1, number)
    found[str(number)] = attempt(read, "/proc/1/status")  # it is still there
found["everybody"] = attempt(_os.kill, -1, 9)
found["group"] = attempt(_os.killpg, 1, 9)
tell(**found)
""",
        held=lambda found: all(found[str(number)] == "done" for number in (9, 15, 19, 2, 11, 3)),
    ),
    Attack(
        "9",
        "see and kill others by their number",
        "process namespace",
        """
seen = []
for pid in range(1, 40000):
    try:
        _os.kill(pid, 0)
        seen.append(pid)
    except ProcessLookupError:
        pass
    except PermissionError:
        seen.append(pid)
killed = {name: attempt(_os.kill, pid, 9)
          for name, pid in (("worker", TARGET.worker), ("sibling", TARGET.sibling), ("test", TARGET.test))}
tell(seen=seen, listed=[int(n) for n in _os.listdir("/proc") if n.isdigit()], me=_os.getpid(), killed=killed)
""",
        held=lambda found: _alone(found) and "done" not in found["killed"].values(),
    ),
    Attack(
        "12",
        "become another user",
        "no new privileges; nosuid; no capabilities",
        """
import shutil, subprocess, tempfile
me = _os.getuid()
found = {f"setuid {uid}": attempt(_os.setuid, uid) for uid in (0, 1, me + 1)}
found |= {f"setgid {gid}": attempt(_os.setgid, gid) for gid in (0, 1, me + 1)}
found["setresuid"] = attempt(_os.setresuid, -1, 0, -1)
found["setgroups"] = attempt(_os.setgroups, [0])
found["chown"] = attempt(lambda: (open("mine", "w").close(), _os.chown("mine", 0, 0)))
others = {}
for directory in (tempfile.gettempdir(), _os.getcwd(), "/dev/shm"):
    copy = f"{directory}/sh"
    if attempt(shutil.copy, "/bin/sh", copy) != "done":
        continue
    attempt(_os.chmod, copy, 0o6755)
    others[directory] = subprocess.run([copy, "-p", "-c", "id -u"], capture_output=True, text=True).stdout.strip()
quiet = dict(stdin=subprocess.DEVNULL, capture_output=True, text=True)
others["su"] = subprocess.run(["su", "-c", "id -u"], **quiet).stdout.strip() or str(me)
others["newgrp"] = subprocess.run(["sg", "root", "id -g"], **quiet).stdout.strip() or str(_os.getgid())
found["mount"] = "done" if subprocess.run(["mount", "-t", "tmpfs", "x", "/tmp"], **quiet).returncode == 0 else "no"
attribute = bytes.fromhex("0100000200200000002000000000000000000000")  # cap_sys_admin, as setcap(8) writes it
shutil.copy("/bin/cat", "cat")
found["file capability"] = attempt(_os.setxattr, "cat", "security.capability", attribute)
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
tell(attempts=found, users=[uid for uid in others.values() if uid not in (str(me), str(_os.getgid()))],
     capabilities=[status[name].strip() for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")],
     no_new_privileges=status["NoNewPrivs"].strip())
""",
        held=lambda found: (
            "done" not in found["attempts"].values()
            and not found["users"]
            and {int(text, 16) for text in found["capabilities"]} == {0}
            and found["no_new_privileges"] == "1"
        ),
    ),
    Attack(
        "12b",
        "start a program of root's that is shown",
        "no new privileges; nosuid",
        """
import subprocess
status = subprocess.run([TARGET.shown + "/elevated", "/proc/self/status"], capture_output=True, text=True).stdout
lines = dict(line.split(":", 1) for line in status.splitlines())
real, effective, *_ = lines["Uid"].split()
tell(real=real, effective=effective, capabilities=int(lines["CapEff"], 16))
""",
        held=lambda found: found["real"] == found["effective"] and found["capabilities"] == 0,
    ),
    Attack(
        "19",
        "ignore signals and burn",
        "SIGKILL of the whole namespace",
        """
for number in range(1, 65):
    attempt(_signal.signal, number, _signal.SIG_IGN)
tell(ignored=True)
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
""",
        held=lambda found: bool(found["ignored"]),
        lasts=0.5,
    ),
    Attack(
        "19b",
        "burn in C code",
        "SIGKILL of the whole namespace",
        "tell(begun=True)\npow(3, 10**8)",
        held=lambda found: bool(found["begun"]),
        lasts=0.5,
    ),
    Attack(
        "19c",
        "burn in one orphan after another, deaf to SIGXCPU",
        "time counted of the cgroup, or of all processes that are seen",
        """
import resource, time
found = {"raised": attempt(resource.setrlimit, resource.RLIMIT_CPU, (-1, -1))}
for number in (_signal.SIGXCPU, _signal.SIGCHLD, _signal.SIGINT, _signal.SIGTERM, _signal.SIGQUIT):
    _signal.signal(number, _signal.SIG_IGN)
def burn():
    while time.process_time() < 0.6:
        pass
    _os._exit(0)
tell(**found)
while True:
    over, burning = _os.pipe()
    if not _os.fork():
        _os.setsid()
        if not _os.fork():
            burn()
        _os._exit(0)
    _os.close(burning)
    _os.read(over, 1)
    _os.close(over)
""",
        limits={"session_cpu_time": 2.0},
        lasts=40.0,
        ends="cpu_time",
    ),
    Attack(
        "19d",
        "stop oneself and the children",
        "SIGKILL reaches what is stopped",
        """
for _ in range(5):
    if not _os.fork():
        _os.kill(_os.getpid(), _signal.SIGSTOP)
tell(begun=True)
_os.kill(_os.getpid(), _signal.SIGSTOP)
""",
        held=lambda found: bool(found["begun"]),
        lasts=0.3,
    ),
    Attack(
        "20",
        "outlive the session as a daemon",
        "process namespace",
        """
def daemon():
    _os.setsid()
    if not _os.fork():
        _os.setpgid(0, 0)
        attempt(_os.chdir, "/")
        _os.closerange(0, 4096)
        for number in range(1, 65):
            attempt(_signal.signal, number, _signal.SIG_IGN)
        while True:
            pass
    _os._exit(0)
for _ in range(3):
    if not _os.fork():
        daemon()
import time
time.sleep(0.2)
tell(begun=True)
""",
        held=lambda found: bool(found["begun"]),
        lasts=0.3,
    ),
    Attack(
        "20b",
        "leave zombies and orphans",
        "init reaps; limit of processes",
        f"""
import time
made = 0
try:
    for _ in range({10**5 if PROVE else 60}):
        made += 1
        if not _os.fork():
            if not _os.fork():
                _os._exit(0)
            _os._exit(0)
except BlockingIOError:
    pass
time.sleep(0.1)
inits = [pid for pid in _os.listdir("/proc") if pid.isdigit() and int(pid) > 1 and
         open(f"/proc/{{pid}}/stat").read().rpartition(")")[2].split()[1] == "1"]
tell(made=made, orphans=len(inits))
""",
        held=lambda found: found["made"] > 50 and found["orphans"] <= 1,
    ),
    Attack(
        "38",
        "raise one's own limits",
        "hard limits; no capabilities; no cgroups to be seen",
        """
import resource
found = {}
for name in ("AS", "CORE", "NOFILE", "NPROC", "FSIZE", "CPU", "MEMLOCK", "RTPRIO", "NICE"):
    which = getattr(resource, f"RLIMIT_{name}", {"NICE": 13}.get(name))
    soft, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        found[name] = attempt(resource.setrlimit, which, (soft, hard + 1))
found["nice"] = attempt(_os.nice, -5)
found["real time"] = attempt(_os.sched_setscheduler, 0, _os.SCHED_FIFO, _os.sched_param(1))
found["memory killer"] = attempt(lambda: _os.write(_os.open("/proc/self/oom_score_adj", _os.O_WRONLY), b"-900"))
found["disk priority"] = call("ioprio_set", 1, 0, 1 << 13)
for name in ("cgroup.procs", "memory/cgroup.procs", "pids/cgroup.procs", "unified/cgroup.procs"):
    found[name] = attempt(write, f"/sys/fs/cgroup/{name}")
tell(**found)
""",
    ),
    Attack(
        "38b",
        "see where one's control group stands",
        "cgroup namespace",
        """
lines = [line.split(":", 2) for line in open("/proc/self/cgroup").read().splitlines()]
tell(groups=[path for _number, _names, path in lines], named=[names for _number, names, _path in lines])
""",
        held=lambda found: set(found["groups"]) <= {"/"} and bool(found["named"]),
    ),
    Attack(
        "41",
        "start threads without end",
        "limit of threads or of address space",
        """
import threading
until, started = threading.Event(), 0
try:
    for _ in range(5000):
        threading.Thread(target=until.wait, daemon=True).start()
        started += 1
except (RuntimeError, MemoryError):
    pass
until.set()
tell(started=started)
""",
        held=lambda found: 0 < found["started"] < 5000,
    ),
]
