"""Attacks on the supervisor, through what it reads of a session: its channel and its pipes."""

from tests.sandbox.attack import Attack, Found

_FIND = """
import socket, stat, struct
from sagews.protocol import sagews_pb2 as pb
number = min(int(n) for n in _os.listdir("/proc/self/fd") if int(n) >= 200)
def forge(data):
    _os.set_blocking(number, True)
    _os.write(number, data)
def frame(data):
    return struct.pack(">I", len(data)) + data
"""


def _told(found: Found) -> bool:
    return bool(found["begun"])


ATTACKS = [
    Attack(
        "18",
        "flood the output",
        "limit of output",
        "tell(begun=True)\nwhile True:\n    _os.write(1, b'x' * 65536)",
        held=_told,
        lasts=1.0,
    ),
    Attack(
        "18c",
        "flood the output with little",
        "limit of output",
        "from IPython.display import display\ntell(begun=True)\nwhile True:\n    display(1)",
        held=_told,
        lasts=1.0,
    ),
    Attack(
        "D6a",
        "announce a frame of four gigabytes",
        "length checked before allocation",
        _FIND + "tell(begun=True)\nforge(b'\\xff' * 4)\n_signal.pause()",
        held=_told,
        lasts=0.5,
    ),
    Attack(
        "D6b",
        "nest a message a hundred thousand deep",
        "limit of depth of the parser",
        _FIND + "tell(begun=True)\nforge(frame(b'\\x0b' * 100_000))\n_signal.pause()",
        held=_told,
        lasts=0.5,
    ),
    Attack(
        "D6c",
        "send noise",
        "a report that cannot be read ends its session",
        _FIND + "tell(begun=True)\nforge(frame(bytes(range(256)) * 200))\n_signal.pause()",
        held=_told,
        lasts=0.5,
    ),
    Attack(
        "D6d",
        "send eight million buffers in sixteen megabytes",
        "buffers are counted before a report is parsed",
        _FIND
        + """
def field(number, content):
    length, digits = len(content), bytearray()
    while length > 0x7F:
        digits.append(0x80 | length & 0x7F)
        length >>= 7
    return bytes([number << 3 | 2, *digits, length]) + content
tell(begun=True)
forge(frame(field(2, b"\\x1a\\x00" * (8 << 20))))
_signal.pause()
""",
        held=_told,
        lasts=5.0,
        ends="killed",
    ),
    Attack(
        "D7",
        "forge reports",
        "the descriptor tells which session it is",
        _FIND
        + """
tell(begun=True)
import time
time.sleep(0.2)  # What is forged does not wait for what was told.
body = b'{"name": "stdout", "text": "I am the sibling"}'
for _ in range(3):
    forge(frame(pb.Report(output=pb.Output(kind=pb.OUTPUT_KIND_STREAM, body=body)).SerializeToString()))
    forge(frame(pb.Report(reply=pb.Reply(request=1, body=b"{}")).SerializeToString()))
    forge(frame(pb.Report(finished=pb.Finished(status=1)).SerializeToString()))
forge(frame(pb.Report(ready=pb.Ready()).SerializeToString()))
_signal.pause()
""",
        held=_told,
        lasts=0.5,
    ),
    Attack(
        "D8",
        "flood who makes and watches sessions",
        "a session holds no end of theirs",
        _FIND
        + """
import socket, struct
def made_by(fd):
    end = socket.socket(fileno=_os.dup(fd))
    try:
        return struct.unpack("3i", end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
    finally:
        end.close()
sockets, foreign = {}, []
for name in _os.listdir("/proc/self/fd"):
    try:
        if _os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
            sockets[int(name)] = made_by(int(name))
    except FileNotFoundError:
        pass
foreign = [fd for fd, pid in sockets.items() if pid != _os.getpid()]
try:
    others = [name for name in _os.listdir("/proc/1/fd") if attempt(_os.readlink, f"/proc/1/fd/{name}") == "done"]
except OSError:
    others = []
tell(foreign=foreign, channel=number, others=others)
""",
        held=lambda found: found["foreign"] == [found["channel"]] and not found["others"],
    ),
    Attack(
        "D3",
        "hand over a pickle",
        "nothing of a session is unpickled",
        """
import pickle
from IPython.display import publish_display_data
class Canary:
    def __reduce__(self):
        return _os.system, (f"touch {TARGET.canary}",)
pickled = pickle.dumps(Canary())
tell(begun=True)
_os.write(1, pickled)
_os.write(2, pickled)
publish_display_data({"application/x-pickle": pickled.decode("latin-1"), "text/plain": pickled.decode("latin-1")})
open("pickle.npy", "wb").write(pickled)
""",
        held=_told,
    ),
    Attack(
        "D4",
        "reach the operator's terminal through the log",
        "the log is JSON",
        """
import sys
tell(begun=True)
evil = "\\x1b]0;owned\\x07\\x1b[2J\\n{\\"event\\": \\"forged\\"}\\n"
sys.stdout.write(evil)
sys.__stderr__.write(evil)
_os.write(2, evil.encode())
_os.environ["EVIL"] = evil
open(f"/tmp/{evil.replace('/', '')}", "w").close()
_os.kill(_os.getpid(), _signal.SIGSEGV)
""",
        held=_told,
        lasts=0.3,
    ),
]
