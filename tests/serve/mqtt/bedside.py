"""A bedside in small: the live state, a store, the link in its thread, and somebody listening."""

from __future__ import annotations

import itertools
import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from serve.mqtt.store_fakes import BOOT_ID, FakeStore, message

from edgekit.serve.alarm.events import Acknowledge, Pause, TestAlarm
from edgekit.serve.conditions import WatchState
from edgekit.serve.live import Identity, Live, Outcome, Snapshot
from edgekit.serve.mqtt.link import MqttLink
from edgekit.serve.settings import MqttSettings
from edgekit.serve.store.seams import Reading, Recording

IDENTITY = Identity(
    device="bed-1",
    version="0.1.0",
    boot_id=BOOT_ID,
    bundle_sha256="0" * 64,
    model="onnx-fp32",
    threshold=0.5,
    window_s=5.0,
    fps=30.0,
    source="0",
    is_live=True,
    is_policy_tuned=False,
    is_open=True,
)


def settings(port: int, **changes: object) -> MqttSettings:
    """Return the settings for a broker on loopback."""
    return MqttSettings.model_validate({"broker": f"mqtt://127.0.0.1:{port}", **changes})


def snapshot() -> Snapshot:
    """Return a bed that is watched, where nothing happens."""
    return Snapshot(
        mono_s=time.monotonic(),
        utc_s=1_700_000_000.0,
        state=WatchState.ARMED,
        conditions=(),
        patient=None,
        technical=(),
        sound=None,
        pause_left_s=0.0,
        test_left_s=0.0,
        probability=0.1,
        decision_age_s=0.2,
        fps=30.0,
        latency_ms=20.0,
        seen_share=1.0,
        uptime_s=60.0,
        blind_s=0.0,
        n_child_restarts=0,
        n_waiting=0,
    )


def until(is_so: Callable[[], bool], timeout_s: float = 10.0) -> None:
    """Wait until something is so."""
    deadline_s = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline_s, "did not come about in time"
        time.sleep(0.01)


@dataclass
class FakeCore:
    """Takes orders and notes them."""

    asked: list[Acknowledge | Pause | TestAlarm] = field(default_factory=list)
    is_dead: bool = False

    def ask(self, command: Acknowledge | Pause | TestAlarm) -> Outcome:
        if self.is_dead:
            raise TimeoutError
        self.asked.append(command)
        return Outcome(is_done=True, text="done")


class Bedside:
    """One device. Its threads end with `close`; with `speed` its seconds pass that much faster."""

    def __init__(
        self,
        settings: MqttSettings,
        *,
        reader: Reading | None = None,
        recording: Recording | None = None,
        device: str = "bed-1",
        speed: float = 1.0,
    ) -> None:
        self._clock: Callable[[], float] = lambda: time.monotonic() * speed
        self.live = Live(replace(IDENTITY, device=device))
        self.store = FakeStore()
        self.core = FakeCore()
        self.pulses_s: list[float] = []
        self.link = MqttLink(
            settings,
            self.live,
            reader=reader or self.store,
            recording=recording or self.store,
            commands=self.core,
            clock=self._clock,
        )
        self._is_over = threading.Event()
        self._is_core_dead = threading.Event()
        self.shown = snapshot()
        self._threads = [
            threading.Thread(target=self.link.run, args=[self._pulse], name="mqtt"),
            threading.Thread(target=self._show, name="core"),
        ]
        for thread in self._threads:
            thread.start()

    def happen(self, *numbers: int) -> float:
        """Store and announce transitions; return how long the slowest announcement took."""
        slowest_s = 0.0
        for number in numbers:
            announced = message(number)
            self.store.record([announced.row])
            start_s = time.monotonic()
            self.live.publish(announced)
            slowest_s = max(slowest_s, time.monotonic() - start_s)
        return slowest_s

    def stop_core(self) -> None:
        """From now on nobody publishes how things stand."""
        self._is_core_dead.set()

    @property
    def longest_silence_s(self) -> float:
        """Longest time between two pulses."""
        pulses_s = list(self.pulses_s)
        pairs = itertools.pairwise(pulses_s)
        return max((after - before for before, after in pairs), default=0.0)

    def close(self) -> None:
        """Stop as the daemon does."""
        self.link.stop(5.0)
        self._is_over.set()
        for thread in self._threads:
            thread.join(10.0)
            assert not thread.is_alive()

    def _pulse(self) -> None:
        self.pulses_s.append(time.monotonic())

    def _show(self) -> None:
        while not self._is_over.is_set() and not self._is_core_dead.is_set():
            self.live.publish(replace(self.shown, mono_s=self._clock()))
            self._is_over.wait(0.1)


class Listener:
    """Somebody else on the broker; reconnects by itself."""

    def __init__(
        self,
        port: int,
        *topics: str,
        username: str | None = None,
        password: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self.times_s: list[float] = []
        self._topics = topics
        self._n_subscribed = 0
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=username or "",
            protocol=MQTTProtocolVersion.MQTTv5,
        )
        self._client.reconnect_delay_set(1, 1)
        if username is not None:
            self._client.username_pw_set(username, password)
        if tls is not None:
            self._client.tls_set_context(tls)
        self._client.on_connect = self._subscribe
        self._client.on_subscribe = self._note_subscribed
        self._client.on_message = self._note
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()

    def ready(self) -> Listener:
        """Return itself when everything is subscribed to."""
        until(lambda: self._n_subscribed >= len(self._topics))
        return self

    def say(self, topic: str, payload: bytes | str, *, is_retained: bool = False) -> None:
        """Publish, and wait until the broker has it."""
        self._client.publish(topic, payload, qos=1, retain=is_retained).wait_for_publish(5.0)

    def of(self, topic: str) -> list[bytes]:
        """Return the payloads on a topic."""
        return [payload for name, payload, _ in list(self.heard) if name == topic]

    def contents(self, topic: str) -> list[dict[str, Any]]:
        """Return the payloads on a topic, decoded."""
        return [json.loads(payload) for payload in self.of(topic)]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _subscribe(self, client: paho.Client, *_: object) -> None:
        for topic in self._topics:
            client.subscribe(topic, qos=1)

    def _note_subscribed(self, *_: object) -> None:
        self._n_subscribed += 1

    def _note(self, _client: paho.Client, _data: object, said: paho.MQTTMessage) -> None:
        self.times_s.append(time.monotonic())
        self.heard.append((said.topic, bytes(said.payload), said.retain))
