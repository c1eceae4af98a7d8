"""A sign that must last before it counts, and must stay away before it is withdrawn.

Without the first, one bad frame is an alarm; without the second, an alarm flaps.
"""

from __future__ import annotations


class Lasting:
    """One sign over time; times must not decrease, and may be of any clock."""

    def __init__(self, *, clear_s: float) -> None:
        """Withdraw the sign after it was absent for `clear_s` without a break."""
        self._clear_s = clear_s
        self._bad_since: float | None = None
        self._good_since: float | None = None
        self.is_present = False

    def update(self, t_s: float, *, is_bad: bool, raise_s: float) -> bool:
        """Take what was seen at `t_s`; return whether the sign has lasted, or still does."""
        if is_bad:
            self._good_since = None
            self._bad_since = t_s if self._bad_since is None else self._bad_since
            self.is_present |= t_s - self._bad_since >= raise_s
        else:
            self._bad_since = None
            self._good_since = t_s if self._good_since is None else self._good_since
            self.is_present &= t_s - self._good_since < self._clear_s
        return self.is_present

    def forget(self) -> None:
        """Begin anew: nothing is known any more."""
        self._bad_since = self._good_since = None
        self.is_present = False
