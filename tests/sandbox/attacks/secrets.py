"""Attacks on secrets: those of the server in a session's own memory, environment and files."""

from tests.sandbox.attack import Attack, Found

_SCAN = """
import hashlib, re
def matches(data):
    begin = TARGET.secret["begin"].encode()
    return sum(hashlib.sha256(data[match.start():match.start() + 64]).hexdigest() == TARGET.secret["digest"]
               for match in re.finditer(begin, data))
def scan():
    total, found, tail = 0, 0, b""
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", buffering=0) as memory:
        for line in maps.read().splitlines():
            span, rights = line.split()[:2]
            if rights[0] != "r" or "[vvar" in line or "[vsyscall" in line:
                continue
            start, end = (int(text, 16) for text in span.split("-"))
            while start < end:
                try:
                    memory.seek(start)
                    data = memory.read(min(end - start, 1 << 24))
                except (OSError, ValueError, OverflowError):
                    break
                if not data:
                    break
                total += len(data)
                found += matches(tail + data)
                tail = data[-63:]
                start += len(data)
            tail = b""
    return total, found
"""


def _none_found(found: Found) -> bool:
    return found["found"] == 0 and found["total"] > 10_000_000 and found["finds_a_planted_one"]


ATTACKS = [
    Attack(
        "33",
        "look for the server's secrets in one's own memory",
        "zygotes are started by exec, with nothing",
        _SCAN
        + """
total, found = scan()
digest = TARGET.secret["digest"]
planted = TARGET.secret["begin"] + "0" * 48
TARGET.secret["digest"] = hashlib.sha256(planted.encode()).hexdigest()
tell(total=total, found=found, finds_a_planted_one=scan()[1] > 0)
""",
        held=_none_found,
    ),
    Attack(
        "33b",
        "look for secrets in the environment and on command lines",
        "a clean environment",
        """
environments = [open("/proc/self/environ", "rb").read(), *(f"{a}={b}".encode() for a, b in _os.environ.items())]
lines = []
for pid in filter(str.isdigit, _os.listdir("/proc")):
    try:
        lines.append(open(f"/proc/{pid}/cmdline", "rb").read())
    except OSError:
        pass  # It has ended meanwhile.
found = [text for text in (*environments, *lines) if TARGET.secret["begin"].encode() in text or b"SAGEWS_TEST" in text]
tell(found="done" if found else "none", names=sorted(_os.environ))
""",
        held=lambda found: found["found"] == "none" and len(found["names"]) < 25,
    ),
]
