"""How memcached is started: in the clear on loopback, or with TLS on its machine's address."""

from sagews.admin.programs import programs
from sagews.config.load import parse

MACHINES = """
data_directory = "/srv/a,b"
[[machine]]
name = "a"
address = "fd00::1"
services = { memcached = 1, worker = 1, backend = 1, haproxy = 1, postgresql = 1 }
[[machine]]
name = "b"
address = "fd00::2"
ssh = "b"
services = { worker = 1 }
"""


def test_it_has_tls_where_backends_of_other_machines_use_it() -> None:
    shared = MACHINES.replace('ssh = "b"\nservices = { ', 'ssh = "b"\nservices = { backend = 1, ')
    (alone,) = (each for each in programs(parse(MACHINES, "x"), "a") if each.kind == "memcached")
    assert "127.0.0.1" in alone.command and "-Z" not in alone.command and not alone.reads
    (secured,) = (each for each in programs(parse(shared, "x"), "a") if each.kind == "memcached")
    assert "[fd00::1]" in secured.command and secured.answers.address == "[fd00::1]:11211"
    assert secured.command[-3:] == (
        "-Z",
        "-o",
        "ssl_chain_cert=memcached.pem,ssl_key=memcached-key.pem,ssl_ca_cert=authority.pem,"
        "ssl_verify_mode=2,ssl_min_version=3",
    )
    assert str(secured.directory) == "/srv/a,b/certificates"
    assert [str(path) for path in secured.reads] == ["/srv/a,b/certificates/memcached-key.pem"]
