"""Nothing leaves the outbox unacknowledged, an alarm does not queue, and memory is bounded."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from serve.mqtt.store_fakes import FakeStore, message

from edgekit.errors import IntegrityError
from edgekit.serve.mqtt.deliveries import LOOK_EVERY_S, MAX_FRESH, Deliveries


def test_what_happens_now_goes_first() -> None:
    store = FakeStore()
    store.record([message(number).row for number in range(1, 51)])
    deliveries = Deliveries(store, store)
    deliveries.look(0.0)
    deliveries.hear(message(51))
    first, second = deliveries.next(), deliveries.next()
    assert first is not None
    assert second is not None
    assert (first.row.seq, second.row.seq) == (51, 1)


def test_memory_is_bounded_and_gives_up_the_stored_first() -> None:
    store = FakeStore()
    deliveries = Deliveries(store, store)
    deliveries.hear(message(1, is_stored=False))
    for number in range(2, MAX_FRESH + 2):
        deliveries.hear(message(number))
    assert deliveries.n_dropped == 0
    parcel = deliveries.next()
    assert parcel is not None
    assert parcel.row.seq == 1


def test_a_store_that_cannot_be_read_is_asked_again_later() -> None:
    store = FakeStore()
    store.is_broken = True
    deliveries = Deliveries(store, store)
    with pytest.raises(IntegrityError):
        deliveries.look(10.0)
    assert deliveries.look_due_s == 10.0 + LOOK_EVERY_S


def test_an_alarm_that_was_sent_before_it_was_stored_is_not_sent_twice() -> None:
    store = FakeStore()
    deliveries = Deliveries(store, store)
    late = message(1, is_stored=False)
    deliveries.hear(late)
    parcel = deliveries.next()
    assert parcel is not None
    deliveries.acknowledged(parcel.key, 0.0)
    store.record([late.row])
    deliveries.look(6.0)
    assert deliveries.next() is None
    assert not store.waiting


class Traffic(RuleBasedStateMachine):
    """Any order of events, losses, refusals and acknowledgements."""

    keys = Bundle("keys")

    def __init__(self) -> None:
        super().__init__()
        self.store = FakeStore()
        self.deliveries = Deliveries(self.store, self.store)
        self.now_s = 0.0
        self.n_made = 0
        self.acknowledged: set[int] = set()
        self.in_flight: dict[str, int] = {}

    @rule(is_stored=st.booleans(), is_heard=st.booleans())
    def happens(self, is_stored: bool, is_heard: bool) -> None:
        self.n_made += 1
        made = message(self.n_made, is_stored=is_stored)
        if is_stored:
            self.store.record([made.row])
        if is_heard or not is_stored:
            self.deliveries.hear(made)

    @rule(target=keys)
    def send(self) -> str:
        parcel = self.deliveries.next()
        if parcel is None:
            return ""
        assert parcel.key not in self.in_flight, "sent twice at once"
        assert parcel.row.seq not in self.acknowledged, "sent again after its acknowledgement"
        self.in_flight[parcel.key] = parcel.row.seq
        return parcel.key

    @rule(key=keys)
    def acknowledge(self, key: str) -> None:
        if key in self.in_flight:
            self.acknowledged.add(self.in_flight.pop(key))
            self.deliveries.acknowledged(key, self.now_s)

    @rule(key=keys)
    def refuse(self, key: str) -> None:
        if self.in_flight.pop(key, None) is not None:
            self.deliveries.refused(key)

    @rule()
    def disconnect(self) -> None:
        self.in_flight.clear()
        self.deliveries.disconnected()

    @rule(seconds=st.floats(0.1, 10))
    def look(self, seconds: float) -> None:
        self.now_s += seconds
        self.deliveries.look(self.now_s)

    @rule(is_broken=st.booleans())
    def store_fails_to_forget(self, is_broken: bool) -> None:
        self.store.is_forgetful = not is_broken

    @invariant()
    def nothing_leaves_unacknowledged(self) -> None:
        gone = self.stored - set(self.store.waiting)
        assert gone <= self.acknowledged

    @property
    def stored(self) -> set[int]:
        return self.store.ever_stored

    def teardown(self) -> None:
        """In the end everything arrives."""
        self.store.is_forgetful = True
        self.disconnect()
        for _ in range(3):
            self.look(10.0)
            while (key := self.send()) != "":
                self.acknowledge(key)
        self.look(10.0)
        assert self.acknowledged == set(range(1, self.n_made + 1))
        assert not self.store.waiting


TestTraffic = Traffic.TestCase
