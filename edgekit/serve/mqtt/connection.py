"""One connection to the broker, from dialling to its end. Only this file knows paho.

Each connection is a client of its own, so nothing is left over from the one before: what the
broker did not acknowledge is still in the outbox. A thread dials and reads; it may hang for
seconds in a name lookup or a handshake, so it is not the thread that proves progress.

MQTT 5, because a broker whose access list forbids a topic says so there; in MQTT 3.1.1 it
acknowledges the message and throws it away.
"""

from __future__ import annotations

import logging
import socket as stream
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edgekit.serve.mqtt.broker import Broker

log = logging.getLogger("edgekit.mqtt")

KEEPALIVE_S = 10
DIAL_S = 5.0
LOOP_S = 0.5
MAX_PACKET = 8192
"""Bytes that the broker may send at once."""
MAX_IN_FLIGHT = 20
_TAKEN_OVER = 142
_REFUSALS = (132, 133, 134, 135, 138, 140)
"""Reason codes of CONNACK that do not go away by themselves, as in bad credentials."""


@dataclass(frozen=True)
class Opened:
    """The broker has accepted us."""

    max_in_flight: int
    """So many messages may wait for an acknowledgement."""


@dataclass(frozen=True)
class Answered:
    """The broker has answered one message or subscription."""

    mid: int
    refusal: str
    """Empty when it was acknowledged."""


@dataclass(frozen=True)
class Heard:
    """Somebody said something on a topic that we subscribed to."""

    topic: str
    payload: bytes


@dataclass(frozen=True)
class Closed:
    """The connection has ended, or never came about."""

    reason: str
    is_refusal: bool
    """Trying again will not help by itself: credentials, certificate, protocol."""


Signal = Opened | Answered | Heard | Closed


@dataclass(frozen=True)
class Caller:
    """Who we are to the broker."""

    client_id: str
    will_topic: str
    will_payload: bytes


def _send_at_once(_client: paho.Client, _data: object, socket: object) -> None:
    """Turn Nagle's waiting off: a small message right after another would be held back."""
    if isinstance(socket, stream.socket):
        socket.setsockopt(stream.IPPROTO_TCP, stream.TCP_NODELAY, 1)


_LOST = Closed("connection lost", is_refusal=False)


class Connection:
    """One connection. `post` is called from its thread, and returns at once."""

    def __init__(
        self, broker: Broker, caller: Caller, post: Callable[[Connection, Signal], None]
    ) -> None:
        self._broker = broker
        self._post = post
        self._end = _LOST
        self._is_ended = threading.Event()
        self._client: paho.Client | None = self._new_client(caller)
        self._thread = threading.Thread(target=self._converse, name="mqtt-network", daemon=True)
        self._thread.start()

    def publish(self, topic: str, payload: bytes, *, is_retained: bool) -> int | None:
        """Send with QoS 1; the number that its answer carries, or None when it has ended."""
        client = self._client
        if client is None:
            return None
        sent = client.publish(topic, payload, qos=1, retain=is_retained)
        return sent.mid if sent.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def subscribe(self, topic: str) -> int | None:
        """Listen to a topic, without what is retained there; else as `publish`."""
        client = self._client
        if client is None:
            return None
        options = SubscribeOptions(
            qos=1, noLocal=True, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND
        )
        code, mid = client.subscribe(topic, options=options)
        return mid if code == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def close(self, timeout_s: float = 0.0) -> None:
        """End it. With a timeout: say goodbye, so that the broker keeps the will to itself."""
        client = self._client
        if client is not None and timeout_s > 0:
            client.disconnect()
            self._thread.join(timeout_s)
        self._is_ended.set()

    def _new_client(self, caller: Caller) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=caller.client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        client.connect_timeout = DIAL_S
        if self._broker.username is not None:
            client.username_pw_set(self._broker.username, self._broker.password)
        if self._broker.tls is not None:
            client.tls_set_context(self._broker.tls)
        client.will_set(caller.will_topic, caller.will_payload, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_socket_open = _send_at_once
        # With it, paho leaves all writing to `loop`, and so to one thread.
        client.on_socket_register_write = lambda *_: None
        return client

    def _converse(self) -> None:
        client = self._client
        try:
            if client is not None:
                self._dial(client)
            while client is not None and not self._is_ended.is_set():
                if client.loop(LOOP_S) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                    break
        except ssl.SSLCertVerificationError as error:
            self._end = Closed(f"certificate not trusted: {error.verify_message}", is_refusal=True)
        except ssl.SSLError as error:
            self._end = Closed(f"TLS failed: {error.reason or error}", is_refusal=True)
        except OSError as error:
            self._end = Closed(error.strerror or str(error), is_refusal=False)
        except Exception as error:  # noqa: BLE001 - whatever a broker sends ends here, and is told
            self._end = Closed(f"{type(error).__name__}: {error}", is_refusal=False)
        finally:
            self._client = None
            self._post(self, self._end)

    def _dial(self, client: paho.Client) -> None:
        limits = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's own gap
        limits.MaximumPacketSize = MAX_PACKET
        client.connect(
            self._broker.host,
            self._broker.port,
            KEEPALIVE_S,
            clean_start=True,
            properties=limits,
        )

    def _on_connect(
        self,
        _client: paho.Client,
        _data: object,
        _flags: paho.ConnectFlags,
        code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if code.is_failure:
            self._end = Closed(f"refused: {code}", is_refusal=code.value in _REFUSALS)
            self._is_ended.set()
            return
        room = getattr(properties, "ReceiveMaximum", MAX_IN_FLIGHT)
        self._post(self, Opened(min(room, MAX_IN_FLIGHT)))

    def _on_disconnect(
        self,
        _client: paho.Client,
        _data: object,
        flags: paho.DisconnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self._end is not _LOST:
            return
        hint = "; is there another device of this name?" if code.value == _TAKEN_OVER else ""
        who = "closed by the broker" if flags.is_disconnect_packet_from_server else "lost"
        self._end = Closed(f"{who}: {code}{hint}", is_refusal=False)

    def _on_publish(
        self,
        _client: paho.Client,
        _data: object,
        mid: int,
        code: ReasonCode,
        _properties: Properties,
    ) -> None:
        self._post(self, Answered(mid, str(code) if code.is_failure else ""))

    def _on_subscribe(
        self,
        _client: paho.Client,
        _data: object,
        mid: int,
        codes: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        refused = [str(code) for code in codes if code.is_failure]
        self._post(self, Answered(mid, refused[0] if refused else ""))

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        if not message.retain:
            self._post(self, Heard(message.topic, bytes(message.payload)))
