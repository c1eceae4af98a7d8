"""What is wrong with the settings is said before anything starts."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from serve.mqtt.certificates import new_authority

from edgekit.errors import UsageError
from edgekit.serve.mqtt.broker import broker_of
from edgekit.serve.settings import MqttSettings


def test_ports_and_names() -> None:
    plain = broker_of(MqttSettings(broker="mqtt://broker.lan"))
    assert (plain.host, plain.port, plain.tls) == ("broker.lan", 1883, None)
    secure = broker_of(MqttSettings(broker="mqtts://broker.lan"))
    assert secure.port == 8883
    assert secure.tls is not None
    assert secure.tls.check_hostname
    assert secure.tls.verify_mode is ssl.CERT_REQUIRED
    assert broker_of(MqttSettings(broker="mqtts://broker.lan:1234")).port == 1234


def test_the_first_line_is_the_password(tmp_path: Path) -> None:
    path = tmp_path / "password"
    first = "secret"
    path.write_text(f"{first}\nanother\n", encoding="utf-8")
    settings = MqttSettings(broker="mqtt://b", username="bed-1", password_file=path)
    broker = broker_of(settings)
    assert broker.password == first
    assert first not in str(broker)
    assert first not in repr(broker)


def test_only_the_named_authority_is_trusted(tmp_path: Path) -> None:
    path = new_authority().write(tmp_path / "ca.crt")
    broker = broker_of(MqttSettings(broker="mqtts://b", ca_file=path))
    assert broker.tls is not None
    assert len(broker.tls.get_ca_certs()) == 1


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"broker": None}, "broker: not given"),
        ({"broker": "mqtt://b:99999"}, "Port out of range"),
        ({"ca_file": "ca.crt"}, "write mqtts://"),
        ({"password_file": "password"}, "give the username too"),
        ({"username": "u", "password_file": "missing"}, "missing: cannot be read"),
        ({"username": "u", "password_file": "empty"}, "empty: its first line is empty"),
        ({"username": "u", "password_file": "binary"}, "binary: not UTF-8"),
        ({"broker": "mqtts://b", "ca_file": "missing"}, "missing: cannot be read"),
        ({"broker": "mqtts://b", "ca_file": "empty"}, "empty: no certificates"),
    ],
)
def test_refused(
    changes: dict[str, str | None], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").touch()
    Path("binary").write_bytes(b"\xff\xfe\n")
    with pytest.raises(UsageError, match=text):
        broker_of(MqttSettings.model_validate({"broker": "mqtt://b", **changes}))
