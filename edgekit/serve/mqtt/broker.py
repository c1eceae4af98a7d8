"""Which broker, as whom, and whom to trust: everything checked before a thread starts."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from edgekit.errors import UsageError
from edgekit.files import reason_of
from edgekit.serve.settings import MqttSettings

PLAIN_PORT = 1883
TLS_PORT = 8883


@dataclass(frozen=True)
class Broker:
    """Where to connect to."""

    host: str
    port: int
    username: str | None
    password: str | None = field(repr=False)
    tls: ssl.SSLContext | None
    """None: in the clear. Else the certificate and its host name are checked."""

    def __str__(self) -> str:
        """Return it as people name it, without credentials."""
        return f"{self.host}:{self.port}"


def broker_of(settings: MqttSettings) -> Broker:
    """Read what the settings name.

    Raises:
        UsageError: There is no broker, its port is out of range, or a file cannot be read.
    """
    if settings.broker is None:
        raise UsageError("[mqtt] broker: not given")
    address = urlsplit(settings.broker)
    try:
        port = address.port
    except ValueError as error:
        raise UsageError(f"[mqtt] broker {settings.broker}: {error}") from error
    is_tls = address.scheme == "mqtts"
    if settings.ca_file is not None and not is_tls:
        raise UsageError(f"[mqtt] ca_file: of no use with {settings.broker}; write mqtts://")
    return Broker(
        address.hostname or "",
        port or (TLS_PORT if is_tls else PLAIN_PORT),
        settings.username,
        _password(settings),
        _tls(settings.ca_file) if is_tls else None,
    )


def _password(settings: MqttSettings) -> str | None:
    if settings.password_file is None:
        return None
    if settings.username is None:
        raise UsageError("[mqtt] password_file: give the username too")
    try:
        lines = settings.password_file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UsageError(f"{settings.password_file}: cannot be read: {reason_of(error)}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{settings.password_file}: not UTF-8 text") from error
    if not lines or not lines[0]:
        raise UsageError(f"{settings.password_file}: its first line is empty")
    return lines[0]


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    """Return a context that checks certificate and host name; TLS 1.2 or newer."""
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except ssl.SSLError as error:
        raise UsageError(f"{ca_file}: no certificates in PEM in it") from error
    except OSError as error:
        raise UsageError(f"{ca_file}: cannot be read: {reason_of(error)}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
