"""How many pictures a second come through the extractor, over the last seconds."""

from __future__ import annotations

from collections import deque

from edgekit.serve.health.lasting import Lasting

RATE_OVER_S = 4.0
"""Short enough to notice a tenfold slower extractor within 2 s and half the frame rate within 3 s,
long enough that one lost picture in 30 is no matter."""
MIN_SPAN_S = 2.0
"""A rate over less than this is no rate."""
LOW_S = 1.0
FAST_AGAIN_S = 2.0
"""A camera that changes its exposure every few seconds is one alarm."""
IN_FLIGHT_S = 1.0
"""On its way through the extractor a picture may be so long; only then is it silence."""
MAX_FRAMES = 1000
"""Four seconds at the fastest frame rate that settings allow."""
ROUNDING = 1e-6
"""A camera at exactly the limit is at the limit, whatever the last bit of its times says."""


class FrameRate:
    """Pictures a second of the source's time."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=MAX_FRAMES)
        self._captured_mono_s = 0.0
        self._low = Lasting(clear_s=FAST_AGAIN_S)

    def take(self, t_s: float, captured_mono_s: float, min_fps: float) -> None:
        """Count a picture taken at `t_s`; too few are a sign when they stay below `min_fps`."""
        self._times.append(t_s)
        self._captured_mono_s = captured_mono_s
        self._drop_before(t_s - RATE_OVER_S)
        is_known = t_s - self._times[0] >= MIN_SPAN_S
        is_low = is_known and self.at(captured_mono_s) < min_fps * (1 - ROUNDING)
        self._low.update(t_s, is_bad=is_low, raise_s=LOW_S)

    def forget(self) -> None:
        """Begin anew, as after the camera was away."""
        self._times.clear()
        self._low.forget()

    def at(self, now_mono: float) -> float:
        """Return the rate at this moment; it falls while nothing comes."""
        silent_s = max(0.0, now_mono - self._captured_mono_s - IN_FLIGHT_S)
        if len(self._times) < 2 or silent_s >= RATE_OVER_S:
            return 0.0
        since = self._times[-1] + silent_s - RATE_OVER_S
        recent = [t_s for t_s in self._times if t_s >= since]
        if len(recent) < 2:
            recent = [self._times[-2], self._times[-1]]
        span_s = recent[-1] - recent[0]
        # The interval that is running counts as if it ended now, once that makes it a long one.
        return min((len(recent) - 1) / span_s, len(recent) / (span_s + silent_s))

    @property
    def is_low(self) -> bool:
        """Whether it is too low, and has been for a second."""
        return self._low.is_present

    def _drop_before(self, t_s: float) -> None:
        while len(self._times) > 2 and self._times[0] < t_s:
            self._times.popleft()
