"""How often an address may ask: a token bucket each, in a table that cannot grow."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable


class Rates:
    """Buckets by address, for one thread."""

    def __init__(
        self, per_s: float, burst: int, n_addresses: int, clock: Callable[[], float]
    ) -> None:
        self._per_s = per_s
        self._burst = float(burst)
        self._n_addresses = n_addresses
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, address: str) -> float:
        """Take one from the bucket of `address`; else return the seconds until it holds one."""
        now = self._clock()
        left, at = self._buckets.pop(address, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_s)
        wait = 0.0 if left >= 1 else (1 - left) / self._per_s
        self._buckets[address] = (left if wait else left - 1, now)
        if len(self._buckets) > self._n_addresses:
            self._buckets.popitem(last=False)
        return wait

    def __len__(self) -> int:
        """Return how many addresses are remembered."""
        return len(self._buckets)
