from __future__ import annotations

import ipaddress
import socket
import ssl
import stat
from datetime import datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from serve.http.fake_core import daemon

from edgekit.errors import UsageError
from edgekit.serve.http import addresses
from edgekit.serve.http.certificate import (
    FILE,
    RENEW_DAYS,
    VALID_DAYS,
    ensure_self_made,
    fingerprint,
    load,
    tls_context,
)
from edgekit.serve.settings import HttpSettings

NOW = datetime(2027, 3, 1, tzinfo=timezone.utc)
NAMES = ("localhost", "127.0.0.1", "bed-4.lan")


def _made(folder: Path, *names: str, now: datetime = NOW) -> Path:
    path = folder / FILE
    ensure_self_made(path, names or NAMES, now)
    return path


def test_a_self_made_certificate_serves_the_page_encrypted(tmp_path: Path) -> None:
    """What a browser on another device meets; the test's certificate stands in as given files."""
    pem = _made(tmp_path, now=datetime.now(timezone.utc))
    trust = ssl.create_default_context(cafile=str(pem))
    with daemon(tmp_path, certificate=pem, key=pem) as served:
        assert served.opened.url.startswith("https://")
        with served.client(verify=trust) as client:
            assert client.get("/healthz").status_code == 200
        with served.client() as stranger, pytest.raises(httpx.ConnectError, match="CERTIFICATE"):
            stranger.get("/healthz")
        with socket.create_connection(("127.0.0.1", served.port), timeout=5) as raw:
            raw.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
            assert b"200" not in raw.recv(1000)


def test_old_tls_is_refused() -> None:
    assert tls_context().minimum_version is ssl.TLSVersion.TLSv1_2


def test_the_key_is_its_owners_and_names_and_days_are_as_wanted(tmp_path: Path) -> None:
    pem = _made(tmp_path)
    assert stat.S_IMODE(pem.stat().st_mode) == 0o600
    found = x509.load_pem_x509_certificate(pem.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {"localhost", "bed-4.lan"}
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert (found.not_valid_after_utc - found.not_valid_before_utc).days == VALID_DAYS
    assert len(fingerprint(pem).split(":")) == 32


def test_it_is_kept_until_it_ends_or_a_name_is_new(tmp_path: Path) -> None:
    pem = _made(tmp_path)
    late = NOW + timedelta(days=VALID_DAYS - RENEW_DAYS - 2)
    assert not ensure_self_made(pem, NAMES, late)
    assert not ensure_self_made(pem, NAMES[:1], NOW)
    before = fingerprint(pem)
    assert ensure_self_made(pem, (*NAMES, "new.lan"), NOW)
    assert fingerprint(pem) != before
    assert ensure_self_made(pem, NAMES, late + timedelta(days=2))
    pem.write_bytes(b"damaged")
    assert ensure_self_made(pem, NAMES, NOW)
    assert ensure_self_made(pem, NAMES, NOW - timedelta(days=400)), "made by a clock ahead"


def test_certificates_that_cannot_be_used_are_refused_at_start(tmp_path: Path) -> None:
    one, other = _made(tmp_path / "a"), _made(tmp_path / "b")
    key = tmp_path / "key.pem"
    key.write_bytes(other.read_bytes().split(b"-----BEGIN CERTIFICATE")[0])
    bad = tmp_path / "bad.pem"
    bad.write_text("no PEM")
    cases = ((one, key), (bad, bad), (tmp_path / "missing", one), (one, tmp_path / "missing"))
    for certificate, its_key in cases:
        with pytest.raises(UsageError, match="certificate"):
            load(tls_context(), certificate, its_key)


def test_beyond_loopback_there_is_always_tls_and_a_token() -> None:
    for host in (*addresses.WILDCARDS, "192.0.2.1", "bed-4.lan", "127.0.0.1.evil.example"):
        settings = HttpSettings(host=host)
        assert addresses.is_encrypted(settings)
        assert not addresses.is_open(settings)
    for host in ("127.0.0.1", "::1", "localhost", "127.8.8.8"):
        assert addresses.is_open(HttpSettings(host=host))
    assert not addresses.is_open(HttpSettings(is_token_required=True))


def test_the_address_told_for_a_wildcard_is_one_that_it_listens_on() -> None:
    url = addresses.url_of(HttpSettings(host="0.0.0.0"), 8460)  # noqa: S104 - not listened on
    host = url.removeprefix("https://").removesuffix(":8460")
    assert ipaddress.ip_address(host).version == 4
    assert addresses.url_of(HttpSettings(host="::1"), 8460) == "http://[::1]:8460"
    assert addresses.url_of(HttpSettings(host="bed-4.lan"), 8460) == "https://bed-4.lan:8460"


def test_a_port_in_use_is_one_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"127.0.0.1 port {port}: another program uses it"):
            addresses.listen("127.0.0.1", port)
    with pytest.raises(UsageError, match="no such address"):
        addresses.listen("192.0.2.1", 0)
