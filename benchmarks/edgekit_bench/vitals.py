"""What the device went through during a run: heat, throttling, its cores' load, its power mode."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from edgekit.records import Frozen
from edgekit.serve.health.thermal import FIRMWARE, Thermal, read_text

EVERY_S = 0.5
TOOL_S = 5.0
"""A device's own tools may hang with its firmware."""
THROTTLE_BITS = {
    0: "under-voltage",
    1: "clock capped",
    2: "throttled",
    3: "soft temperature limit",
    16: "under-voltage since boot",
    17: "clock capped since boot",
    18: "throttled since boot",
    19: "soft temperature limit since boot",
}
"""Of a Raspberry Pi's `get_throttled`, by bit."""

Run = Callable[[Sequence[str]], str]
"""Runs a program and returns what it prints; empty when it is not there or fails."""


class Vitals(Frozen):
    """What was read; None is not told by this device."""

    start_c: float | None
    """Temperature of the hottest zone before the run."""
    worst_c: float | None
    is_throttled: bool | None
    """The processor was slowed down at some moment of the run."""
    throttle_bits: int | None
    """Raspberry Pi: `get_throttled` after the run."""
    core_percent: tuple[float, ...]
    """Load of each core, mean over the run, whoever caused it."""
    governors: tuple[str, ...]
    """Of each core, in order, repetitions left out."""
    power_mode: str | None
    """Jetson: as `nvpmodel -q` says."""
    tegrastats: str | None
    """Jetson: its line of figures at the end of the run."""


class Watching:
    """Reads the device every half second from a thread, until the block ends."""

    def __init__(self, root: Path = Path("/"), run: Run | None = None) -> None:
        self._root, self._run = root, run or run_tool
        self._thermal = Thermal(root)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="edgekit-vitals", daemon=True)
        self._start_c = self._worst_c = self._thermal.temperature_c()
        self._is_throttled = self._thermal.is_throttled()
        self._before = _core_times(root)

    def __enter__(self) -> Watching:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def result(self) -> Vitals:
        """Return what was seen; to be asked right after the block."""
        return Vitals(
            start_c=self._start_c,
            worst_c=self._worst_c,
            is_throttled=self._is_throttled,
            throttle_bits=self._throttle_bits(),
            core_percent=_shares(self._before, _core_times(self._root)),
            governors=governors(self._root),
            power_mode=power_mode(self._run),
            tegrastats=self._tegrastats(),
        )

    def _watch(self) -> None:
        while not self._ended.wait(EVERY_S):
            self._look()
        self._look()

    def _look(self) -> None:
        celsius, throttled = self._thermal.temperature_c(), self._thermal.is_throttled()
        if celsius is not None:
            self._worst_c = celsius if self._worst_c is None else max(self._worst_c, celsius)
        if throttled is not None:
            self._is_throttled = throttled or bool(self._is_throttled)

    def _throttle_bits(self) -> int | None:
        told = read_text(self._root / FIRMWARE)
        if told is None:
            told = self._run(["vcgencmd", "get_throttled"]).partition("=")[2]
        try:
            return int(told, 16)
        except ValueError:
            return None

    def _tegrastats(self) -> str | None:
        told = self._run(["timeout", "2", "tegrastats", "--interval", "500"]).splitlines()
        return told[-1].strip() if told else None


def throttle_words(bits: int) -> tuple[str, ...]:
    """Return what the set bits of `get_throttled` mean."""
    return tuple(word for bit, word in THROTTLE_BITS.items() if bits >> bit & 1)


def power_mode(run: Run) -> str | None:
    """Return the power mode of a Jetson, as in `15W`; None elsewhere."""
    for line in run(["nvpmodel", "-q"]).splitlines():
        if "Power Mode:" in line:
            return line.partition("Power Mode:")[2].strip()
    return None


def governors(root: Path) -> tuple[str, ...]:
    """Return the clock governors in use, each once."""
    paths = sorted((root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_governor"))
    return tuple(dict.fromkeys(text for path in paths if (text := read_text(path))))


def run_tool(command: Sequence[str]) -> str:
    """Run one of the device's own tools; empty when it is not there, fails or hangs."""
    # `timeout` ends a tool that would go on for ever: it stands before the name that counts.
    name = command[2] if command[0] == "timeout" else command[0]
    if shutil.which(name) is None:
        return ""
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=TOOL_S, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _core_times(root: Path) -> tuple[tuple[int, int], ...]:
    """Return (busy, all) clock ticks of each core since boot."""
    found = []
    for line in (read_text(root / "proc/stat") or "").splitlines():
        name, *fields = line.split()
        if name.startswith("cpu") and name != "cpu":
            ticks = [int(field) for field in fields[:8]]
            found.append((sum(ticks) - ticks[3] - ticks[4], sum(ticks)))
    return tuple(found)


def _shares(
    before: tuple[tuple[int, int], ...], after: tuple[tuple[int, int], ...]
) -> tuple[float, ...]:
    if len(before) != len(after):
        return ()
    return tuple(
        round(100 * (busy - busy_then) / max(1, total - total_then), 1)
        for (busy_then, total_then), (busy, total) in zip(before, after, strict=True)
    )
