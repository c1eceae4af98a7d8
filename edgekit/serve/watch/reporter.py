"""How the pose process proves that it lives: its frames, its status, its beat."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from edgekit.serve.watch.confine import resident_mb
from edgekit.serve.watch.ring import RingWriter
from edgekit.serve.watch.seen import ChildStatus, Picture
from edgekit.serve.watch.slots import RingFacts

_BEAT_S = 0.25
_ROOM_S = 0.005


class Reporter:
    """The writing end of the ring, with the facts that it shows. Used by the main thread only."""

    def __init__(self, ring: RingWriter, clock: Callable[[], float] = time.monotonic) -> None:
        self._ring, self.clock = ring, clock
        self._facts = RingFacts(status="opening")
        self._weighed_s = -1.0
        self._never = threading.Event()
        self.beat()

    def beat(self) -> None:
        """Say that work goes on; called whenever it has, and at least four times a second."""
        now = self.clock()
        if now - self._weighed_s >= 1:
            self._weighed_s = now
            self._facts = replace(self._facts, rss_mb=resident_mb() or 0.0)
        self._facts = replace(self._facts, beat_mono_s=now)
        self._ring.tell(self._facts)

    def say(self, status: ChildStatus, reason: str = "") -> None:
        """Change the status; harmless when it stays."""
        if (status, reason) != (self._facts.status, self._facts.reason):
            self._facts = replace(self._facts, status=status, reason=reason)
            self.beat()
            self._ring.ring()

    def name_extractor(self, version: str, model_sha256: str) -> None:
        """Say what finds the landmarks."""
        self._facts = replace(self._facts, extractor_version=version, model_sha256=model_sha256)
        self.beat()

    def begin(self, zero_mono_s: float) -> None:
        """Say when the first frame of a recording was due."""
        self._facts = replace(self._facts, zero_mono_s=zero_mono_s)

    def drop(self) -> None:
        """Count a picture for which there was no time."""
        self._facts = replace(self._facts, n_dropped=self._facts.n_dropped + 1)

    def answer(
        self,
        t_s: float,
        captured_mono_s: float,
        landmarks: NDArray[np.floating[Any]],
        picture: Picture | None,
    ) -> None:
        """Hand over one frame; from now on the status is `running`."""
        if self._facts.status != "running":
            self._facts = replace(self._facts, status="running", reason="")
        self._facts = replace(self._facts, answered_mono_s=self.clock())
        # Facts first: who reads the frame must not find the status of before it.
        self.beat()
        self._ring.write(t_s, captured_mono_s, landmarks, picture)

    def pause_until(self, mono_s: float) -> None:
        """Wait until a moment, beating."""
        while (left_s := mono_s - self.clock()) > 0:
            self._never.wait(min(left_s, _BEAT_S))
            self.beat()

    def wait_for_room(self) -> None:
        """Wait, beating, until a frame can be written without losing another."""
        while not self._ring.has_room:
            # An answer that only waits to be taken is one.
            self._facts = replace(self._facts, answered_mono_s=self.clock())
            self.pause_until(self.clock() + _ROOM_S)

    def rest(self) -> NoReturn:
        """Beat for ever: there is nothing left to do, and the parent decides when to end."""
        while True:
            self.pause_until(self.clock() + 60)
