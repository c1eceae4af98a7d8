"""Readers that are slow lose messages and are told so; alarms are lost last."""

from __future__ import annotations

import threading

import numpy as np
from core_fakes import IDENTITY

from edgekit.serve.alarm.events import Transition
from edgekit.serve.live import Live, PoseMessage, Subscription, TransitionMessage
from edgekit.serve.store.rows import Stamp, TransitionRow


def pose(t_s: float) -> PoseMessage:
    return PoseMessage(t_s, np.zeros((33, 3), dtype=np.float32))


def transition(seq: int) -> TransitionMessage:
    row = TransitionRow(Stamp("0" * 16, 1.0, 1.0), seq, Transition("spasm", "patient", "high", seq))
    return TransitionMessage(row, is_stored=True)


def test_messages_come_in_order() -> None:
    live = Live(IDENTITY)
    with live.subscribe() or Subscription(live) as reader:
        live.publish(pose(1.0))
        live.publish(transition(1))
        first, second = reader.take(0.1), reader.take(0.1)
        assert isinstance(first, PoseMessage)
        assert isinstance(second, TransitionMessage)
        assert reader.take(0.0) is None


def test_a_slow_reader_loses_poses_and_keeps_alarms() -> None:
    live = Live(IDENTITY)
    reader = live.subscribe()
    assert reader is not None
    live.publish(transition(1))
    for number in range(Subscription.MAX_WAITING + 50):
        live.publish(pose(number))
    assert reader.n_lost == 51
    first = reader.take(0.0)
    assert isinstance(first, TransitionMessage)


def test_alarms_alone_do_not_grow_without_bound() -> None:
    live = Live(IDENTITY)
    reader = live.subscribe()
    assert reader is not None
    for seq in range(2 * Subscription.MAX_WAITING):
        live.publish(transition(seq))
    newest = None
    while (message := reader.take(0.0)) is not None:
        newest = message
    assert reader.n_lost == Subscription.MAX_WAITING
    assert isinstance(newest, TransitionMessage)
    assert newest.row.seq == 2 * Subscription.MAX_WAITING - 1


def test_there_are_only_so_many_readers_and_a_place_comes_free() -> None:
    live = Live(IDENTITY)
    readers = [live.subscribe() for _ in range(Live.MAX_SUBSCRIBERS)]
    assert live.subscribe() is None
    first = readers[0]
    assert first is not None
    with first:
        pass
    assert live.subscribe() is not None


def test_a_waiting_reader_is_woken_by_a_message() -> None:
    live = Live(IDENTITY)
    reader = live.subscribe()
    assert reader is not None
    threading.Timer(0.05, live.publish, [pose(1.0)]).start()
    assert reader.take(5.0) is not None
