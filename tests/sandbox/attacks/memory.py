"""Attacks on memory and on the place that files take: more of it than a session's share."""

from tests.sandbox.attack import Attack

ATTACKS = [
    Attack(
        "2",
        "take a lot of memory at once",
        "limit of address space",
        "tell(taken=attempt(bytearray, 3 << 30), mapped=attempt(__import__('mmap').mmap, -1, 3 << 30))",
    ),
    Attack(
        "2b",
        "take a lot of memory in many processes",
        "memory of the cgroup; where there is none, the watch of the worker",
        """
import time
reader, writer = _os.pipe()
for _ in range(8):
    if not _os.fork():
        taken = bytearray(b"x") * (300 << 20)
        _os.write(writer, b"x")
        _signal.pause()
time.sleep(4)
_os.set_blocking(reader, False)
try:
    survivors = len(_os.read(reader, 100))
except BlockingIOError:
    survivors = 0
tell(survivors=survivors)
""",
        held=lambda found: found["survivors"] <= 4,
        may_end=True,
    ),
    Attack(
        "43b",
        "memory that belongs to no process, where it can be had",
        "memory of the cgroup",
        """
import time
taken = 0
for _ in range(40):
    fd = _os.memfd_create("x")
    for _ in range(60):
        taken += _os.write(fd, b"x" * (1 << 20)) >> 20
tell(megabytes=taken)
""",
        held=lambda found: found["megabytes"] <= 1100,
        tiers="A",
        may_end=True,
    ),
    Attack(
        "3",
        "fill the disk",
        "size of the sandbox's own file system",
        """
written = 0
error = ""
try:
    for number in range(64):
        with open(f"/tmp/full{number}", "wb") as file:
            for _ in range(64):
                _os.posix_fallocate(file.fileno(), 0, file.seek(0, 2) + (1 << 20))
                written += 1
                file.seek(0, 2)
except OSError as failed:
    error = _errno.errorcode[failed.errno]
other = {place: attempt(lambda: open(f"{place}/more", "wb", buffering=0).write(b"x" * 100_000))
         for place in ("/dev/shm", _os.path.expanduser("~"))}
tell(megabytes=written, error=error, other=other)
""",
        held=lambda found: found["error"] == "ENOSPC" and found["megabytes"] <= 1024,
    ),
    Attack(
        "3b",
        "a file with an enormous hole",
        "size of the sandbox's own file system; limit of address space",
        """
import mmap
with open("/tmp/hole", "wb+") as file:
    sparse = attempt(_os.ftruncate, file.fileno(), 1 << 40)
    taken = _os.fstat(file.fileno()).st_blocks
    def touch():
        mapped = mmap.mmap(file.fileno(), 2 << 30)
        for place in range(0, 2 << 30, 1 << 12):
            mapped[place] = 1
        return "done"
    tell(sparse=sparse, taken=taken, touched=in_fork(lambda: attempt(touch)))
""",
        held=lambda found: found["taken"] == 0 and found["touched"] != "done",
    ),
    Attack(
        "4",
        "make files without end",
        "number of files of the sandbox's own file system",
        """
made = 0
error = ""
try:
    for directory in range(1000):
        _os.mkdir(f"/tmp/d{directory}")
        for number in range(1000):
            _os.symlink("x", f"/tmp/d{directory}/{number}")
            made += 1
except OSError as failed:
    error = _errno.errorcode[failed.errno]
tell(made=made, error=error)
""",
        held=lambda found: found["error"] == "ENOSPC" and found["made"] < 1_000_000,
    ),
    Attack(
        "43",
        "memory that belongs to no process",
        "filter",
        """
found = {"memfd_create": call("memfd_create", _ctypes.c_char_p(b"x"), 0)}
found["shmget"] = call("shmget", 0, 60 << 20, 0o1600)
found["msgget"] = call("msgget", 0, 0o1600)
found["semget"] = call("semget", 0, 1, 0o1600)
tell(**found)
""",
        tiers="BC",
    ),
]
