"""A daemon with a fault in it: python faulty_daemon.py FAULT OPTIONS...

Its model works in the self-test and for some seconds; then it is slow, raises, answers NaN, or
never returns. `none` is a healthy one. Each writes its threads to threads.json beside its state.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from edgekit.bundle import Bundle
from edgekit.manifest import ModelEntry
from edgekit.runtime.choose import open_engine
from edgekit.runtime.engine import Engine, Output
from edgekit.serve.daemon import run
from edgekit.serve.plan import make_plan
from edgekit.serve.probation import begin
from edgekit.serve.settings import Given, load_settings

HEALTHY_S = 6.0
SLOW_S = 5.0
"""Ten times the half second in which a window has to be judged."""
LAST_STAGE = "edgekit-watch"


def slow(output: Output) -> Output:
    """Answer late."""
    time.sleep(SLOW_S)
    return output


def raises(_output: Output) -> NoReturn:
    """Fail as runtimes do."""
    raise RuntimeError("[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION")


def nan(output: Output) -> Output:
    """Answer with no number."""
    return replace(output, probability=float("nan"))


def hangs(_output: Output) -> NoReturn:
    """Never answer."""
    threading.Event().wait()
    raise AssertionError("it waits for ever")


def none(output: Output) -> Output:
    """Answer as it should."""
    return output


FAULTS: dict[str, Callable[[Output], Output]] = {
    fault.__name__: fault for fault in (slow, raises, nan, hangs, none)
}


@dataclass(frozen=True)
class FaultyEngine:
    """An engine whose answers go through a fault after a while."""

    engine: Engine
    fault: Callable[[Output], Output]
    fails_at_s: float

    @property
    def runtime(self) -> str:
        """The real one's."""
        return self.engine.runtime

    def run(self, features: NDArray[np.float32]) -> Output:
        """Answer, well or badly."""
        output = self.engine.run(features)
        return output if time.monotonic() < self.fails_at_s else self.fault(output)


def say(line: str) -> None:
    """Write a line to stderr at once, as the command does."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def write_threads(folder: Path) -> None:
    """Tell which system thread is which stage, as soon as the last of them runs."""
    threads: dict[str, int | None] = {}
    while LAST_STAGE not in threads:
        threading.Event().wait(0.1)
        threads = {thread.name: thread.native_id for thread in threading.enumerate()}
    unfinished = folder / "threads.unfinished"
    unfinished.write_text(json.dumps(threads), encoding="utf-8")
    unfinished.replace(folder / "threads.json")


def main() -> int:
    """Run with the options of `edgekit serve` that tests use."""
    parser = argparse.ArgumentParser()
    parser.add_argument("fault", choices=FAULTS)
    parser.add_argument("--settings", type=Path)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--loop", action="store_true")
    options = parser.parse_args()

    def opened(bundle: Bundle, entry: ModelEntry, threads: int) -> Engine:
        engine = open_engine(bundle, entry, n_threads=threads)
        return FaultyEngine(engine, FAULTS[options.fault], time.monotonic() + HEALTHY_S)

    given = Given(
        options.bundle, options.source, None, options.loop, options.state, None, options.port
    )
    settings = given.over(load_settings(options.settings))
    begin(settings)
    plan = make_plan(settings, options.settings, opened=opened)
    threading.Thread(target=write_threads, args=(options.state,), daemon=True).start()
    return run(plan, given, say=say)


if __name__ == "__main__":
    sys.exit(main())
