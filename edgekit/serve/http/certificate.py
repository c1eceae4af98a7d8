"""TLS: the certificate that the settings name, or a self-made one in `tls.pem` (0600).

Key and certificate share one file, so that they are replaced together. A browser warns of a
self-made certificate once; its fingerprint, printed at start, tells whether it is the right one.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edgekit.errors import UsageError
from edgekit.files import write_bytes

FILE = "tls.pem"
VALID_DAYS = 397
"""Browsers distrust longer ones."""
RENEW_DAYS = 30
_CLOCK_SLACK = timedelta(days=1)


def fingerprint(path: Path) -> str:
    """Return the SHA-256 fingerprint of a PEM certificate, as browsers show it."""
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def tls_context() -> ssl.SSLContext:
    """Return a server's context, TLS 1.2 and up, without a certificate yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def load(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Serve a certificate from now on; connections that are open keep the old one.

    Raises:
        UsageError: A file is missing, unreadable, encrypted, or the two do not belong together.
    """
    try:
        # An empty password, or OpenSSL would ask for one on the terminal.
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        raise UsageError(
            f"[http] certificate {certificate}, key {key}: no PEM, encrypted, or of different "
            f"pairs ({error.reason or 'unknown format'})"
        ) from error
    except OSError as error:
        raise UsageError(
            f"[http] certificate {certificate}, key {key}: cannot be read: {error.strerror}"
        ) from error


def ensure_self_made(path: Path, names: Iterable[str], now: datetime) -> bool:
    """Make or renew a self-made certificate for host names and addresses; True when it is new.

    It is renewed 30 days before its end, and when a name is not in it.

    Raises:
        UsageError: A name is none.
        OutputError: It cannot be written.
    """
    wanted = {_subject_name(name) for name in names}
    if _still_serves(path, wanted, now):
        return False
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = _sign(key, wanted, now).public_bytes(serialization.Encoding.PEM)
    write_bytes(path, private + public, mode=0o600)
    return True


def _still_serves(path: Path, wanted: set[x509.GeneralName], now: datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False  # missing or damaged: a new one takes its place
    until = certificate.not_valid_after_utc - timedelta(days=RENEW_DAYS)
    return wanted <= set(names) and certificate.not_valid_before_utc <= now < until


def _sign(
    key: ec.EllipticCurvePrivateKey, names: set[x509.GeneralName], now: datetime
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "edgekit")])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SLACK)
        .not_valid_after(now - _CLOCK_SLACK + timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName(sorted(names, key=str)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _subject_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name.partition("%")[0]))
    except ValueError:
        pass
    try:
        return x509.DNSName(name.encode("idna").decode("ascii"))
    except UnicodeError as error:
        raise UsageError(f"[http] names: {name}: no host name") from error
