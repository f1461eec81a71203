"""What services on different machines show each other, made.

An authority of the site's own, certificates for workers, for backends and for
the servers that they use, and the auth token. What is there and good is kept, so that the
command can be run again; a file is never changed, but replaced, so that
nobody reads half of one. Keys are P-256; extensions as RFC 5280 has them.
"""

import datetime
import ipaddress
import os
import secrets
import socket
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sagews.admin.certificate_file import day, names_of, read_certificate, soon, write_whole
from sagews.config.links import FILE_NAMES
from sagews.errors import ConfigurationError
from sagews.service.link_token import MAX_TOKENS, read_tokens
from sagews.service.secret_file import read_secret

AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 730
"""Two years: `--renew` makes new ones, which running services take without a restart."""
AUTHORITY_KEY = "authority-key.pem"
"""The one file that belongs on no machine that serves."""

_PURPOSES = {
    "worker": ExtendedKeyUsageOID.SERVER_AUTH,
    "backend": ExtendedKeyUsageOID.CLIENT_AUTH,
    "postgresql": ExtendedKeyUsageOID.SERVER_AUTH,
    "memcached": ExtendedKeyUsageOID.SERVER_AUTH,
}
_LINKED = ("worker", "backend")

Tell = Callable[[str], None]


class Certificates:
    """The files of one site, or of one of its machines."""

    def __init__(self, directory: Path, tell: Tell, authority: Path | None = None) -> None:
        """Make the directory for its owner alone; `tell` gets a line for each file. Raises ConfigurationError.

        `authority` is the directory of the site's, where this one is for another machine.
        """
        self._directory = directory
        self._authority_directory = authority or directory
        self._own = (socket.gethostname(),) if authority is None else ()
        self._tell = tell
        try:
            # Where services have users of their own, each gets to its files there, and reads no others.
            directory.mkdir(mode=0o711 if os.getuid() == 0 else 0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(directory, error) from error

    def make(self, names: Sequence[str], *, renew: bool, renew_token: bool) -> None:
        """Make what is missing; with `renew`, new certificates; with `renew_token`, a new token before the old one.

        `names` are names and addresses of workers beside this machine's own.
        Raises ConfigurationError.
        """
        self.make_for(_LINKED, names, renew=renew)
        self.make_token(renew=renew_token)

    def make_for(self, services: Collection[str], names: Sequence[str], *, renew: bool) -> None:
        """Make the certificates of these kinds of services, as `make` does; the names are those of servers."""
        authority, key = self._authority()
        for service in services:
            self._certificate(service, authority, key, names if service != "backend" else (), renew=renew)

    # ------------------------------------------------------- certificates

    def _authority(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        path, key_path = self._authority_directory / FILE_NAMES["authority"], self._authority_directory / AUTHORITY_KEY
        if path.exists() and key_path.exists():
            if self._authority_directory == self._directory:
                self._tell(f"{path}: kept")
            return read_certificate(path), self._read_key(key_path)
        if path.exists() or key_path.exists():
            missing = key_path if path.exists() else path
            raise ConfigurationError(
                "is missing, so that nothing can be signed", str(missing), "put it back, or remove the other one too"
            )
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"sagews authority {secrets.token_hex(4)}")])
        builder = _builder(subject, subject, key.public_key(), AUTHORITY_DAYS)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
        certificate = builder.sign(key, hashes.SHA256())
        self._write_key(key_path, key)
        self._write(path, certificate.public_bytes(serialization.Encoding.PEM), 0o644)
        self._tell(f"{path}: made, good until {day(certificate)}")
        return certificate, key

    def _certificate(
        self,
        service: str,
        authority: x509.Certificate,
        authority_key: ec.EllipticCurvePrivateKey,
        names: Sequence[str],
        *,
        renew: bool,
    ) -> None:
        path = self._directory / FILE_NAMES[f"{service}_certificate"]
        key_path = self._directory / FILE_NAMES[f"{service}_key"]
        wanted = _names([*self._own, *names], loopback=True) if service == "worker" else _names(names)
        if path.exists() and key_path.exists():
            old = read_certificate(path)
            known = names_of(old)
            if not renew and _signed_by(old, authority) and set(names) <= known:
                self._kept(path, old)
                return
            wanted |= known
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"sagews {service}")])
        builder = _builder(subject, authority.subject, key.public_key(), CERTIFICATE_DAYS, authority)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([_PURPOSES[service]]), critical=True)
        if wanted:
            alternatives = x509.SubjectAlternativeName([_general_name(name) for name in sorted(wanted)])
            builder = builder.add_extension(alternatives, critical=False)
        certificate = builder.sign(authority_key, hashes.SHA256())
        # The key last: a service that reads between the two finds a pair that does not fit, and keeps what it has.
        self._write(path, certificate.public_bytes(serialization.Encoding.PEM), 0o644)
        self._write_key(key_path, key)
        said = f", for {', '.join(sorted(wanted))}" if wanted else ""
        self._tell(f"{path}: made{said}, good until {day(certificate)}")

    def _kept(self, path: Path, certificate: x509.Certificate) -> None:
        advice = "; renew it with --renew" if soon(certificate) else ""
        self._tell(f"{path}: kept, good until {day(certificate)}{advice}")

    # -------------------------------------------------------------- token

    def make_token(self, *, renew: bool) -> None:
        """Make the token if it is missing; with `renew`, a new one before it. Raises ConfigurationError."""
        path = self._directory / FILE_NAMES["token"]
        old = read_tokens(path) if path.exists() else []
        if old and not renew:
            self._tell(f"{path}: kept")
            return
        tokens = [secrets.token_urlsafe(32).encode(), *old[:1]][:MAX_TOKENS]
        self._write(path, b"".join(token + b"\n" for token in tokens), 0o600)
        self._tell(f"{path}: made" + (", the one before stays in force" if old else ""))

    # -------------------------------------------------------------- files

    def _read_key(self, path: Path) -> ec.EllipticCurvePrivateKey:
        data = read_secret(path, 1 << 16, "chmod 600 it")
        try:
            key = serialization.load_pem_private_key(data, password=None)
        except (ValueError, TypeError) as error:
            raise ConfigurationError("holds no key", str(path), "put back the one that was made here") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ConfigurationError("holds a key of another kind", str(path), "put back the one that was made here")
        return key

    def _write_key(self, path: Path, key: ec.EllipticCurvePrivateKey) -> None:
        data = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self._write(path, data, 0o600)

    def _write(self, path: Path, data: bytes, mode: int) -> None:
        try:
            write_whole(path, data, mode)
        except OSError as error:
            raise self._unwritable(path, error) from error

    @staticmethod
    def _unwritable(path: Path, error: OSError) -> ConfigurationError:
        return ConfigurationError(
            f"cannot be written ({error.strerror})", str(path), "choose another directory with --data"
        )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    days: int,
    authority: x509.Certificate | None = None,
) -> x509.CertificateBuilder:
    """Return what every certificate here has: names, times, and the identifiers of both keys."""
    now = datetime.datetime.now(datetime.UTC)
    identifier = x509.SubjectKeyIdentifier.from_public_key(public_key)
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
        identifier
        if authority is None
        else authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        # An hour ago: the clocks of two machines differ.
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(identifier, critical=False)
        .add_extension(issuer_key, critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _names(names: Sequence[str], *, loopback: bool = False) -> set[str]:
    """Return these names and addresses, and those of loopback if wanted. Raises ConfigurationError for what is none."""
    for name in names:
        _general_name(name)
    return {*(("localhost", "127.0.0.1", "::1") if loopback else ()), *names}


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    if not name or len(name) > 253 or not all(c.isascii() and (c.isalnum() or c in "-.") for c in name):
        raise ConfigurationError("is no name of a machine and no address", f"--name {name}", "give one, such as w2.lan")
    return x509.DNSName(name)
