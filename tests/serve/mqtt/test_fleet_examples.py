"""The example files of docs/fleet.md do what they say, with a real mosquitto."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from serve.mqtt.bedside import Bedside, Listener, until
from serve.mqtt.certificates import new_authority
from serve.mqtt.mosquitto import Mosquitto

from edgekit.serve.conditions import Condition
from edgekit.serve.settings import MqttSettings, load_settings

PEOPLE = ("bed-1", "bed-2", "dashboard", "homeassistant", "nurses")


@pytest.fixture
def fleet(repository: Path, tmp_path: Path, new_broker: Callable[..., Mosquitto]) -> Mosquitto:
    """Return the example broker, moved from /etc and /var to a folder of the test."""
    examples = repository / "docs" / "fleet"
    passwords = tmp_path / "passwords"
    passwords.touch(mode=0o600)
    broker_tool = shutil.which("mosquitto_passwd")
    if broker_tool is None:
        pytest.skip("needs mosquitto_passwd: apt-get install mosquitto")
    for name in PEOPLE:
        subprocess.run([broker_tool, "-b", str(passwords), name, f"of {name}"], check=True)
        (tmp_path / name).write_text(f"of {name}\n", encoding="utf-8")
    (tmp_path / "certs").mkdir()
    authority = new_authority()
    authority.write(tmp_path / "ca.crt")
    authority.vouch(tmp_path / "certs", "127.0.0.1")
    shutil.copy(examples / "edgekit.acl", tmp_path)
    config = (examples / "mosquitto.conf").read_text(encoding="utf-8")
    moved = config.replace("/etc/mosquitto", str(tmp_path)).replace(
        "/var/lib/mosquitto/", f"{tmp_path}/"
    )
    broker = new_broker(
        re.sub(r"^listener .*", "listener PORT 127.0.0.1", moved, flags=re.M), is_whole=True
    )
    broker.start()
    return broker


def settings(broker: Mosquitto, folder: Path, name: str, **changes: object) -> MqttSettings:
    return MqttSettings.model_validate(
        {
            "broker": f"mqtts://127.0.0.1:{broker.port}",
            "username": name,
            "password_file": folder / name,
            "ca_file": folder / "ca.crt",
            **changes,
        }
    )


def person(broker: Mosquitto, folder: Path, name: str, *topics: str) -> Listener:
    context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    return Listener(broker.port, *topics, username=name, password=f"of {name}", tls=context)


def test_the_ward(fleet: Mosquitto, tmp_path: Path, bedside: Callable[..., Bedside]) -> None:
    dashboard = person(fleet, tmp_path, "dashboard", "edgekit/#")
    home = person(fleet, tmp_path, "homeassistant", "homeassistant/#")
    nurses = person(fleet, tmp_path, "nurses", "edgekit/+/command/result")
    try:
        for each in (dashboard, home, nurses):
            each.ready()
        beds = [
            bedside(settings(fleet, tmp_path, name, is_commanded=True), device=name)
            for name in ("bed-1", "bed-2")
        ]
        for bed in beds:
            bed.happen(1)
        until(lambda: all(not bed.store.waiting for bed in beds))
        until(lambda: all(not bed.link.conditions for bed in beds))
        for name in ("bed-1", "bed-2"):
            assert dashboard.of(f"edgekit/{name}/state")
            assert dashboard.of(f"edgekit/{name}/event")
            assert home.of(f"homeassistant/device/{name}/config")
        order = '{"action": "test", "who": "anna"}'
        dashboard.say("edgekit/bed-1/command", order)
        nurses.say("edgekit/bed-2/command", order)
        until(lambda: bool(nurses.of("edgekit/bed-2/command/result")))
        assert len(beds[1].core.asked) == 1
        time.sleep(0.2)
        assert not beds[0].core.asked, "the dashboard orders nothing"
    finally:
        for each in (dashboard, home, nurses):
            each.close()


def test_a_device_speaks_for_no_other(
    fleet: Mosquitto, tmp_path: Path, bedside: Callable[..., Bedside]
) -> None:
    impostor = bedside(settings(fleet, tmp_path, "bed-2"), device="bed-1")
    impostor.happen(1)
    until(lambda: impostor.link.conditions == {Condition.BROKER_AWAY})
    time.sleep(0.2)
    assert impostor.store.waiting == [1]


def test_the_device_file(repository: Path) -> None:
    settings = load_settings(repository / "docs" / "fleet" / "edgekit.toml")
    assert settings.device == settings.mqtt.username
    assert settings.mqtt.is_commanded is False
