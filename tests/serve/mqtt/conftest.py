"""What the tests of MQTT share: a broker, devices and listeners that are gone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from serve.mqtt.bedside import Bedside, Listener
from serve.mqtt.mosquitto import OPEN, Mosquitto


@pytest.fixture
def new_broker(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Yield what makes a broker, as `Mosquitto`; it is not started."""
    made: list[Mosquitto] = []

    def make(config: str = OPEN, *, is_whole: bool = False) -> Mosquitto:
        made.append(Mosquitto(tmp_path, config, is_whole=is_whole))
        return made[-1]

    yield make
    for each in made:
        each.kill()


@pytest.fixture
def broker(new_broker: Callable[..., Mosquitto]) -> Mosquitto:
    """Return a running broker that takes everybody."""
    mosquitto = new_broker()
    mosquitto.start()
    return mosquitto


@pytest.fixture
def bedside() -> Iterator[Callable[..., Bedside]]:
    """Yield what makes a device, as `Bedside`."""
    made: list[Bedside] = []

    def make(*args: object, **options: object) -> Bedside:
        made.append(Bedside(*args, **options))  # type: ignore[arg-type]  # as Bedside takes them
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def listener() -> Iterator[Callable[..., Listener]]:
    """Yield what makes a listener, as `Listener`; it has subscribed when it is returned."""
    made: list[Listener] = []

    def make(port: int, *topics: str) -> Listener:
        made.append(Listener(port, *topics))
        return made[-1].ready()

    yield make
    for each in made:
        each.close()
