"""What a broker gets from a device on a good day, and how the device leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from serve.mqtt.bedside import Bedside, Listener, settings, until
from serve.mqtt.mosquitto import Mosquitto
from serve.mqtt.store_fakes import BOOT_ID, FakeStore, message

from edgekit.serve.alarm.state import PatientAlarm
from edgekit.serve.conditions import Condition, WatchState

Make = Callable[..., Bedside]
Listen = Callable[..., Listener]
EVENT, STATE = "edgekit/bed-1/event", "edgekit/bed-1/state"
AVAILABILITY = "edgekit/bed-1/availability"


def test_a_transition_leaves_the_outbox_when_the_broker_has_it(
    broker: Mosquitto, bedside: Make, listener: Listen
) -> None:
    central = listener(broker.port, "edgekit/#")
    bed = bedside(settings(broker.port))
    bed.happen(1)
    until(lambda: not bed.store.waiting)
    until(lambda: len(central.of(EVENT)) == 1)
    event = central.contents(EVENT)[0]
    assert event["id"] == f"{BOOT_ID}-1"
    assert event["is_stored"] is True
    until(lambda: not bed.link.conditions)


def test_what_waited_in_the_outbox_comes_in_order(
    broker: Mosquitto, bedside: Make, listener: Listen
) -> None:
    central = listener(broker.port, EVENT)
    store = FakeStore()
    store.record([message(number).row for number in range(1, 201)])
    bedside(settings(broker.port), reader=store, recording=store)
    until(lambda: not store.waiting)
    told = [event["id"] for event in central.contents(EVENT)]
    assert told == [f"{BOOT_ID}-{number}" for number in range(1, 201)], "in order, no doubles"
    assert store.n_told == 200


def test_a_failing_store_does_not_delay_an_alarm(
    broker: Mosquitto, bedside: Make, listener: Listen
) -> None:
    """Row 16: neither an unreadable outbox nor a row that could not be stored."""
    central = listener(broker.port, "edgekit/#")
    bed = bedside(settings(broker.port))
    bed.store.is_broken = True
    bed.live.publish(message(1, is_stored=False))
    bed.live.publish(message(2))
    until(lambda: len(central.of(EVENT)) == 2, timeout_s=2.0)
    assert [event["is_stored"] for event in central.contents(EVENT)] == [False, True]


def test_the_state_is_retained_and_told_at_once(
    broker: Mosquitto, bedside: Make, listener: Listen
) -> None:
    early = listener(broker.port, STATE)
    bed = bedside(settings(broker.port))
    until(lambda: bool(early.of(STATE)))
    late = listener(broker.port, "edgekit/#")
    until(lambda: bool(late.of(STATE)) and bool(late.of(AVAILABILITY)))
    assert all(is_retained for _, _, is_retained in late.heard[:2])
    assert late.contents(STATE)[-1]["possible_spasm"] is False
    alarm = PatientAlarm(7, "spasm", "high", since_mono=time.monotonic(), n_spasms=1)
    bed.shown = replace(bed.shown, patient=alarm, sound="patient")
    until(lambda: late.contents(STATE)[-1]["possible_spasm"] is True, timeout_s=1.0)
    blind = (Condition.NO_CAMERA,)
    bed.shown = replace(bed.shown, patient=None, state=WatchState.NOT_MONITORING, conditions=blind)
    until(lambda: late.contents(STATE)[-1]["is_monitoring"] is False, timeout_s=1.0)
    assert late.contents(STATE)[-1]["possible_spasm"] is None, "blind is not: no spasm"


def test_a_core_that_hangs_is_not_shown_as_alive(
    broker: Mosquitto, bedside: Make, listener: Listen
) -> None:
    """Row 11: the state grows old at the consumer, instead of being repeated."""
    central = listener(broker.port, STATE)
    bed = bedside(settings(broker.port), speed=5)
    until(lambda: len(central.of(STATE)) >= 2)
    bed.stop_core()
    n_states = len(central.of(STATE))
    time.sleep(1.5)
    assert len(central.of(STATE)) <= n_states + 1


def test_it_says_that_it_leaves(broker: Mosquitto, bedside: Make, listener: Listen) -> None:
    central = listener(broker.port, AVAILABILITY)
    bed = bedside(settings(broker.port))
    until(lambda: central.of(AVAILABILITY) == [b"online"])
    bed.happen(*range(1, 31))
    bed.close()
    until(lambda: central.of(AVAILABILITY) == [b"online", b"offline"])
    time.sleep(0.1)
    assert len(central.of(AVAILABILITY)) == 2, "the will came too: it was no clean goodbye"


def test_a_killed_device_is_offline(broker: Mosquitto, listener: Listen) -> None:
    """Row 3: the broker tells the others within a second of a SIGKILL."""
    central = listener(broker.port, AVAILABILITY)
    program = (
        "import sys; from serve.mqtt.bedside import Bedside, settings; "
        "Bedside(settings(int(sys.argv[1])))"
    )
    tests = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{tests}:{tests.parent}"}
    child = subprocess.Popen([sys.executable, "-c", program, str(broker.port)], env=environment)
    try:
        until(lambda: central.of(AVAILABILITY) == [b"online"])
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    until(lambda: central.of(AVAILABILITY) == [b"online", b"offline"], timeout_s=1.0)
