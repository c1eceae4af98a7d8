"""Which decisions are worth a row: a few of the quiet ones, all of those near the threshold."""

from __future__ import annotations

NEAR_SHARE = 0.5
"""A probability from this share of the threshold on is kept."""
SLACK_S = 1e-3
"""Window times are sums of frame times, and not exact."""


class Thinning:
    """Lets through one decision in so many seconds, and every one that somebody may ask about."""

    def __init__(self, every_s: float, threshold: float) -> None:
        self._every_s, self._threshold = every_s, threshold
        self._last_s: float | None = None

    def is_kept(self, t_s: float, probability: float | None) -> bool:
        """Tell whether the decision of `t_s` (the source's clock) is stored."""
        is_near = probability is not None and probability >= NEAR_SHARE * self._threshold
        # A source that began again is earlier than the last one kept.
        is_due = self._last_s is None or not 0 <= t_s - self._last_s < self._every_s - SLACK_S
        if is_due:
            self._last_s = t_s
        return is_near or is_due
