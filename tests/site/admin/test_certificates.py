"""`sagews admin certificates` and `migrate`: what is made, shown, and put in place."""

import socket
import ssl
from collections.abc import Iterator

import pytest
from cryptography import x509

from tests.site.admin.balanced import BalancedSite, balanced_site, self_signed
from tests.site.admin.command import AdministeredSite, administered_site
from tests.site.admin.test_two_machines import TwoMachines


@pytest.fixture
def two() -> Iterator[AdministeredSite]:
    with administered_site(TwoMachines) as site:
        yield site


@pytest.fixture
def balanced() -> Iterator[BalancedSite]:
    with balanced_site() as site:
        yield site


def test_each_machine_has_certificates_of_its_own(two: AdministeredSite) -> None:
    assert AdministeredSite.admin(two, "certificates", "--show").status == 1
    made = AdministeredSite.admin(two, "certificates")
    assert made.status == 0, made
    shown = AdministeredSite.admin(two, "certificates", "--json")
    assert shown.status == 0 and shown.json["right"]
    by_service = {each["service"]: each for each in shown.json["certificates"]}
    assert {name: each["machine"] for name, each in by_service.items()} == {
        "authority": "",
        "backend": "front",
        "worker": "left",
    }
    folder = two.places.data / "certificates"
    assert {path.name for path in (folder / "machines/left").iterdir()} == {"worker.pem", "worker-key.pem"}
    assert by_service["worker"]["names"] == ["127.0.0.1", "::1", "localhost"]
    for key in ("authority-key.pem", "machines/left/worker-key.pem", "token"):
        assert (folder / key).stat().st_mode & 0o777 == 0o600
    authority = x509.load_pem_x509_certificate((folder / "authority.pem").read_bytes())
    worker = x509.load_pem_x509_certificate((folder / "machines/left/worker.pem").read_bytes())
    worker.verify_directly_issued_by(authority)
    assert "made" not in AdministeredSite.admin(two, "certificates").stdout
    assert "made" in AdministeredSite.admin(two, "certificates", "--renew").stdout
    (folder / "machines/left/worker.pem").unlink()
    missing = AdministeredSite.admin(two, "certificates", "--show")
    assert missing.status == 1 and "missing" in missing.stdout


def test_a_renewed_certificate_reaches_the_balancer_that_runs(balanced: BalancedSite) -> None:
    two_parts = [b"-----BEGIN" + part for part in self_signed().split(b"-----BEGIN")[1:]]
    chain, key, other = (balanced.file.with_name(name) for name in ("chain.pem", "key.pem", "other.pem"))
    chain.write_bytes(two_parts[0])
    key.write_bytes(two_parts[1])
    other.write_bytes(self_signed())
    assert balanced.admin("start", "haproxy", "backend", "worker", "memcached", "postgresql").status == 0
    before = _served(balanced.https_port)
    process = balanced.admin("status", "haproxy", "--json").json["services"][0]["pid"]
    place = balanced.file.with_name("site.pem")
    wrong = balanced.admin("certificates", "--site-certificate", str(chain), "--key", str(other))
    assert wrong.status == 2 and "is not the key of the certificate" in wrong.stderr
    assert _served(balanced.https_port) == before
    done = balanced.admin("certificates", "--site-certificate", str(chain), "--key", str(key))
    assert done.status == 0, done
    assert "reloaded" in done.stdout and "BEGIN" not in done.stdout + done.stderr
    assert place.stat().st_mode & 0o777 == 0o600
    assert _served(balanced.https_port) == ssl.PEM_cert_to_DER_cert(chain.read_text())
    assert balanced.admin("status", "haproxy", "--json").json["services"][0]["pid"] == process
    assert balanced.admin("stop").status == 0
    # A balancer that does not run takes it when it starts.
    assert balanced.admin("certificates", "--site-certificate", str(other)).status == 0
    # The database's server, which a migration needs, is started for it.
    migrated = balanced.admin("migrate")
    assert migrated.status == 0 and "postgresql1: started" in migrated.stdout and "already" in migrated.stdout
    assert balanced.admin("stop").status == 0


def test_a_migration_says_what_it_did(two: AdministeredSite) -> None:
    first = AdministeredSite.admin(two, "migrate")
    assert first.status == 0 and "now; there were none" in first.stdout
    assert "already" in AdministeredSite.admin(two, "migrate").stdout


def _served(port: int) -> bytes | None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 5) as peer, context.wrap_socket(peer) as tls:
        return tls.getpeercert(binary_form=True)
