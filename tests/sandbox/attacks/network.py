"""Attacks over sockets: this machine's servers, the network beyond it, the sockets of siblings."""

from tests.sandbox.attack import Attack

ATTACKS = [
    Attack(
        "15",
        "abstract sockets of others",
        "network namespace; landlock",
        """
import socket
def connect(address):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(2)
        sock.connect(address)
own = socket.socket(socket.AF_UNIX)
own.bind("\\0own")
own.listen()
tell(outside=attempt(connect, "\\0" + TARGET.abstract), sibling=attempt(connect, "\\0sagews-test-sibling"),
     path=attempt(connect, TARGET.socket), worker=attempt(connect, TARGET.runtime + "/w1.sock"),
     planted=attempt(connect, "/tmp/server"), own=attempt(connect, "\\0own"))
""",
        held=lambda found: found["own"] == "done" and "done" not in [found[name] for name in found if name != "own"],
    ),
    Attack(
        "17",
        "the network",
        "filter; network namespace; landlock for TCP",
        """
import socket
def ask(kind, address, family=socket.AF_INET):
    with socket.socket(family, kind) as sock:
        sock.settimeout(1)
        sock.connect(address)
        sock.send(b"x" * 20)
        sock.recv(10)
def listen():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
stream, datagram = socket.SOCK_STREAM, socket.SOCK_DGRAM
tell(tcp=attempt(ask, stream, ("127.0.0.1", TARGET.tcp)), udp=attempt(ask, datagram, ("127.0.0.1", TARGET.udp)),
     other_loopback=attempt(ask, stream, ("127.1.2.3", TARGET.tcp)),
     this_host=attempt(ask, stream, ("0.0.0.0", TARGET.tcp)),
     mapped=attempt(ask, stream, ("::ffff:127.0.0.1", TARGET.tcp), socket.AF_INET6),
     broadcast=attempt(ask, datagram, ("127.255.255.255", TARGET.udp)), ping=attempt(ask, datagram, ("127.0.0.1", 0)),
     listen=attempt(listen), raw=attempt(socket.socket, socket.AF_INET, socket.SOCK_RAW, 1))
""",
    ),
    Attack(
        "17b",
        "families of sockets that no network namespace confines",
        "filter",
        """
import socket
found = {}
for family in range(2, 46):
    for kind in (1, 2, 3, 5):
        if (word := call("socket", family, kind, 0)) == "done" or family in (16, 17, 38, 40):
            found[f"{family} {kind}"] = word
tell(**found, pair=call("socketpair", 2, 1, 0, _ctypes.create_string_buffer(8)),
     high_half=call("socket", (1 << 32) | 40, 1, 0), inet_by_high_half=call("socket", 1 << 32 | 2, 1, 0))
""",
    ),
    Attack(
        "17c",
        "see the machine's network",
        "network namespace",
        """
lines = {name: open(f"/proc/net/{name}").read() for name in ("tcp", "udp", "unix", "dev", "route", "arp")
         if _os.path.exists(f"/proc/net/{name}")}
devices = [line.split(":")[0].strip() for line in lines["dev"].splitlines()[2:]]
tell(devices=[name for name in devices if name != "lo"],
     port=f":{TARGET.tcp:04X}" in lines["tcp"], abstract=TARGET.abstract in lines["unix"],
     sibling="sagews-test-sibling" in lines["unix"], routes=len(lines.get("route", "").splitlines()[1:]))
""",
        held=lambda found: not any([found["port"], found["abstract"], found["sibling"], found["routes"]]),
    ),
]
