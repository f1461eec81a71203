"""A site on this machine from `examples/one-machine.toml`, on free ports."""

import datetime
import ipaddress
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.site.admin.command import AdministeredSite, administered_site
from tests.site.admin.ground import free_port

EXAMPLE = Path(__file__).parents[3] / "examples" / "one-machine.toml"


class BalancedSite(AdministeredSite):
    """The example's site, with its data in a directory of the test."""

    tls = "haproxy"
    """What speaks TLS before it."""

    def write(self, more: str = "", *, certificate: bool = True) -> None:
        """Write the configuration, with more of it at its end."""
        self.https_port, self.statistics_port = free_port(), free_port()
        self.backend_port = two_free_ports()
        pem = self.file.with_name("site.pem")
        pem.write_bytes(self_signed())
        text = EXAMPLE.read_text()
        for old, new in (
            ("/var/lib/sagews", str(self.places.data)),
            ("/run/sagews", str(self.file.with_name("run"))),
            (
                "port = 80\n",
                f"port = {self.port}\nhttps_port = {self.https_port}\n"
                f"statistics_port = {self.statistics_port}\nhard_stop_seconds = 30\n",
            ),
            ('# certificate = "/etc/sagews/site.pem"', f'certificate = "{pem}"' if certificate else ""),
            ("port = 8080", f"port = {self.backend_port}\ndrain_seconds = 5"),
        ):
            assert old in text
            text = text.replace(old, new)
        self.nginx_port = free_port()
        text += f"\n[nginx]\nport = {self.nginx_port}\n[stunnel]\nport = {free_port()}\n"
        text += f"[memcached]\nport = {free_port()}\n[postgresql]\nmemory = 33554432\n"
        text += f"[worker]\naccept_weak_isolation = true\n{more}"
        self.file.write_text(text)

    def edit(self, old: str, new: str) -> None:
        """Change the configuration in one place."""
        text = self.file.read_text()
        assert re.search(old, text)
        self.file.write_text(re.sub(old, new, text))


def two_free_ports() -> int:
    """Return a free port whose next one is free."""
    import socket

    for _ in range(100):
        port = free_port()
        try:
            socket.create_server(("127.0.0.1", port + 1)).close()
        except OSError:
            continue
        return port
    raise AssertionError("no two free ports")


@contextmanager
def balanced_site() -> Iterator[BalancedSite]:
    """Give the example's site, which does not run yet; nothing of it runs at the end."""
    with administered_site(BalancedSite) as site:
        assert isinstance(site, BalancedSite)
        yield site


def self_signed() -> bytes:
    """Return a certificate for this machine that it has signed itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).add_extension(names, critical=False)
    builder = builder.not_valid_before(now - datetime.timedelta(days=1))
    certificate = builder.not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
