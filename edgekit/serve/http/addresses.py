"""Where the server listens, what it is called there, and who counts as one client.

A wildcard address answers to whatever address a client really connected to: a DNS name that is
not ours never matches an address, which is what stops DNS rebinding.
"""

from __future__ import annotations

import errno
import ipaddress
import re
import socket

from edgekit.errors import UsageError
from edgekit.serve.settings import HttpSettings

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._\-]+)(:\d{1,5})?")
WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not listened on
_BACKLOG = 128
_NOWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Documentation addresses: a datagram socket "connected" there sends nothing."""

_REASONS = {
    errno.EADDRINUSE: "another program uses it; stop that one, or set another [http] port",
    errno.EADDRNOTAVAIL: "this device has no such address; set another [http] host",
    errno.EACCES: "not allowed; set an [http] port above 1023",
}


def is_loopback(host: str) -> bool:
    """Return whether a host to listen on can be reached from this device only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_open(settings: HttpSettings) -> bool:
    """Return whether whoever reaches the server may use it without a token."""
    return is_loopback(settings.host) and not settings.is_token_required


def is_encrypted(settings: HttpSettings) -> bool:
    """Return whether the server speaks TLS only."""
    return not is_loopback(settings.host) or settings.certificate is not None


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        UsageError: The port is in use, the address is not this device's, or not allowed.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise UsageError(f"[http] host {host}: {error.strerror}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.settimeout(0)
    except OSError as error:
        listener.close()
        reason = _REASONS.get(error.errno or 0, error.strerror)
        raise UsageError(f"[http] {host} port {port}: {reason}") from error
    return listener


def own_names(settings: HttpSettings) -> frozenset[str]:
    """Return the lower-case names that requests may be addressed to, beside the address itself."""
    device = socket.gethostname().lower()
    given = (name.lower().rstrip(".") for name in (*settings.names, settings.host))
    return frozenset({"localhost", device, f"{device}.local", *given})


def own_addresses(settings: HttpSettings) -> tuple[str, ...]:
    """Return the IP addresses for a certificate: the one listened on, or those routed outwards."""
    try:
        host = ipaddress.ip_address(settings.host)
    except ValueError:
        return ("127.0.0.1", "::1")
    if not host.is_unspecified:
        return (str(host),)
    return ("127.0.0.1", "::1", *_outward_addresses(settings.host))


def url_of(settings: HttpSettings, port: int) -> str:
    """Return the address to open in a browser, on this device or, if it may, from another."""
    host = settings.host
    if host in WILDCARDS:
        host = next(iter(_outward_addresses(host)), "127.0.0.1")
    if ":" in host:
        host = f"[{host}]"
    return f"{'https' if is_encrypted(settings) else 'http'}://{host}:{port}"


def host_name(header: str) -> str | None:
    """Return the name or address in a Host header, without the port; None when malformed."""
    match = _HOST.fullmatch(header)
    return None if match is None else match["name"].strip("[]").lower().rstrip(".")


def is_own(name: str, names: frozenset[str], local_address: str) -> bool:
    """Return whether a request for `name` that arrived at `local_address` is meant for us."""
    return name in names or plain(name) == plain(local_address)


def client_key(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or an IPv6 /64 network."""
    try:
        parsed = ipaddress.ip_address(plain(address))
    except ValueError:
        return address
    if parsed.version == 4 or parsed.is_loopback:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def plain(address: str) -> str:
    """Return an IP address without its zone, and a mapped IPv4 address as IPv4."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)


def _outward_addresses(wildcard: str) -> list[str]:
    """Return this device's own addresses that a wildcard listens on, IPv4 first."""
    reached = _NOWHERE if wildcard == "::" else _NOWHERE[:1]
    return [address for address in map(_outward, reached) if address is not None]


def _outward(target: tuple[socket.AddressFamily, str]) -> str | None:
    family, address = target
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return None  # no route: this device has no such address to name
