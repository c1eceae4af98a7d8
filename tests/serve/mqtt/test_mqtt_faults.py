"""Row 19: whatever happens to the broker, no event is lost and nobody waits for it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from serve.mqtt.bedside import Bedside, Listener, settings, until
from serve.mqtt.certificates import new_authority
from serve.mqtt.mosquitto import Mosquitto, free_port
from serve.mqtt.proxy import FaultProxy
from serve.mqtt.store_fakes import BOOT_ID, message

from edgekit.errors import UsageError
from edgekit.serve.conditions import Condition
from edgekit.serve.settings import MqttSettings

Make = Callable[..., Bedside]
NewBroker = Callable[..., Mosquitto]
Listen = Callable[..., Listener]
EVENT, AVAILABILITY = "edgekit/bed-1/event", "edgekit/bed-1/availability"
AWAY = frozenset({Condition.BROKER_AWAY})


@pytest.fixture
def proxy(broker: Mosquitto) -> Iterator[FaultProxy]:
    between = FaultProxy(broker.port)
    yield between
    between.close()


def ids_of(central: Listener) -> list[str]:
    return [event["id"] for event in central.contents(EVENT)]


def all_of(n_events: int) -> set[str]:
    return {f"{BOOT_ID}-{number}" for number in range(1, n_events + 1)}


def test_broker_killed_and_back(
    broker: Mosquitto, proxy: FaultProxy, bedside: Make, listener: Listen
) -> None:
    """Row 19: 200 transitions while the broker is killed and comes back, twice."""
    listeners = [listener(broker.port, EVENT)]
    bed = bedside(settings(proxy.port))
    slowest_s = 0.0
    for number in range(1, 201):
        slowest_s = max(slowest_s, bed.happen(number))
        if number in (50, 120):
            proxy.is_half_open = True  # so that the broker dies with nothing to hand on
            time.sleep(0.1)
            broker.kill()
        if number in (80, 160):
            broker.start()
            listeners.append(listener(broker.port, EVENT))
            proxy.is_half_open = False
        time.sleep(0.005)
    until(lambda: not bed.store.waiting, timeout_s=15.0)
    until(lambda: {key for each in listeners for key in ids_of(each)} == all_of(200), 2.0)
    assert slowest_s < 0.25, "the one who announces waited for the broker"
    assert bed.longest_silence_s < 1.0


def test_nothing_is_lost_between_broker_and_device(
    broker: Mosquitto, proxy: FaultProxy, bedside: Make, listener: Listen
) -> None:
    """Row 19: the connection is cut again and again; each event arrives, with its id."""
    central = listener(broker.port, EVENT)
    bed = bedside(settings(proxy.port))
    for number in range(1, 201):
        bed.happen(number)
        if number % 40 == 20:
            proxy.cut()
        time.sleep(0.01)
    until(lambda: not bed.store.waiting, timeout_s=15.0)
    until(lambda: set(ids_of(central)) == all_of(200), timeout_s=2.0)


def test_a_slow_broker(
    broker: Mosquitto, proxy: FaultProxy, bedside: Make, listener: Listen
) -> None:
    """Row 19: a quarter of a second each way: everything arrives, and pulses go on."""
    proxy.delay_s = 0.25
    central = listener(broker.port, EVENT)
    bed = bedside(settings(proxy.port))
    assert bed.happen(*range(1, 31)) < 0.25
    until(lambda: not bed.store.waiting, timeout_s=15.0)
    assert sorted(ids_of(central)) == sorted(all_of(30)), "slow is no reason to send it twice"
    assert bed.longest_silence_s < 1.0


def test_a_half_open_connection(
    broker: Mosquitto, proxy: FaultProxy, bedside: Make, listener: Listen
) -> None:
    """Row 19: nothing comes through, and nobody says that it is closed: told, and dialled again."""
    central = listener(broker.port, EVENT, AVAILABILITY)
    bed = bedside(settings(proxy.port), speed=5)
    until(lambda: central.of(AVAILABILITY) == [b"online"])
    proxy.freeze()
    start_s = time.monotonic()
    assert bed.happen(*range(1, 201)) < 0.25
    until(lambda: bed.link.conditions == AWAY, timeout_s=3.0)
    assert time.monotonic() - start_s > 0.8, "a short pause is no fault"
    until(lambda: not bed.store.waiting)
    assert set(ids_of(central)) == all_of(200)
    until(lambda: not bed.link.conditions)
    assert bed.longest_silence_s < 1.0


def test_no_broker_at_start(
    new_broker: NewBroker, bedside: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """Row 19: it is no reason not to start, and one line in the log is enough."""
    caplog.set_level(logging.INFO, "edgekit.mqtt")
    broker = new_broker()
    bed = bedside(settings(broker.port), speed=5)
    bed.happen(1)
    until(lambda: bed.link.conditions == AWAY, timeout_s=3.0)
    assert len([line for line in caplog.messages if "away" in line]) == 1
    broker.start()
    until(lambda: not bed.store.waiting, timeout_s=10.0)
    until(lambda: not bed.link.conditions)
    assert caplog.messages[-1] == f"127.0.0.1:{broker.port}: connected"


def test_a_name_that_nobody_knows(bedside: Make, caplog: pytest.LogCaptureFixture) -> None:
    """Row 19: a name that cannot be looked up."""
    bed = bedside(MqttSettings(broker="mqtt://no-such-host.invalid"))
    until(lambda: any("no-such-host.invalid:1883: away" in line for line in caplog.messages))
    assert bed.longest_silence_s < 1.0


def test_a_broker_that_refuses(
    tmp_path: Path, new_broker: NewBroker, bedside: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """Row 19: an access list forbids events; they wait, and it is said once."""
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite edgekit/+/state\ntopic readwrite edgekit/+/availability\n")
    broker = new_broker(f"allow_anonymous true\nacl_file {acl}\n")
    broker.start()
    bed = bedside(settings(broker.port, is_home_assistant=False), speed=5)
    bed.happen(1, 2, 3)
    until(lambda: bed.link.conditions == AWAY)
    assert bed.store.waiting == [1, 2, 3]
    acl.write_text("topic readwrite edgekit/#\n")
    broker.reload()
    until(lambda: not bed.store.waiting)
    until(lambda: not bed.link.conditions)
    refusals = [line for line in caplog.messages if "refuses" in line]
    assert refusals == [f"127.0.0.1:{broker.port}: refuses {EVENT}: Not authorized"]


def test_bad_credentials(
    new_broker: NewBroker, bedside: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """Row 19: told at once, and only once; tried on, for somebody may mend the broker."""
    broker = new_broker("allow_anonymous false\n")
    broker.start()
    bed = bedside(settings(broker.port))
    until(lambda: bed.link.conditions == AWAY, timeout_s=3.0)
    until(lambda: broker.log.count("not authorised") >= 2)
    assert [line for line in caplog.messages if "refused" in line] == [
        f"127.0.0.1:{broker.port}: away: refused: Not authorized"
    ]


# After a failed handshake paho leaves its socket to be closed with the last reference to it.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.parametrize("fault", ["none", "wrong authority", "wrong name"])
def test_tls(
    fault: str,
    tmp_path: Path,
    new_broker: NewBroker,
    bedside: Make,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Row 19: a broker is believed when a trusted authority vouches for its name, else not."""
    authority = new_authority()
    authority.vouch(tmp_path, "other.lan" if fault == "wrong name" else "127.0.0.1")
    trusted = new_authority() if fault == "wrong authority" else authority
    files = f"certfile {tmp_path}/server.crt\nkeyfile {tmp_path}/server.key\n"
    broker = new_broker(f"allow_anonymous true\n{files}")
    broker.start()
    bed = bedside(
        MqttSettings(
            broker=f"mqtts://127.0.0.1:{broker.port}", ca_file=trusted.write(tmp_path / "ca.crt")
        )
    )
    bed.happen(1)
    if fault == "none":
        until(lambda: not bed.store.waiting)
        return
    until(lambda: bed.link.conditions == AWAY, timeout_s=3.0)
    assert bed.store.waiting == [1]
    detail = "IP address mismatch" if fault == "wrong name" else ""
    assert f"certificate not trusted: {detail}" in caplog.text


def test_a_flood_of_unstored_transitions_is_bounded(bedside: Make) -> None:
    """Row 19: no broker and no disk for long: memory does not grow."""
    bed = bedside(settings(free_port()))
    for number in range(1, 2001):
        bed.live.publish(message(number, is_stored=False))
    until(lambda: bed.link.n_dropped > 0)


def test_unreadable_password_file(bedside: Make, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"secret: cannot be read"):
        bedside(settings(1883, username="bed-1", password_file=tmp_path / "secret"))
