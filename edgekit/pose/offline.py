"""MediaPipe 1.2 reports its use to its maker over the network; edgekit does not let it.

Seen on the released wheel (and told in google-ai-edge/mediapipe#6291): each landmarker that is
closed posts its statistics over HTTPS, with no option against it. Its HTTP client obeys the
proxy variables of the C environment, where this names a proxy of an unknown kind: the client
then gives up before it looks up a name or opens a connection. Python's own environment, and so
every other client in the process, is left as it is.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager

BLOCKED: dict[bytes, bytes] = {b"https_proxy": b"off://edgekit", b"no_proxy": b"none.invalid"}
"""`no_proxy` too: a `no_proxy=*` would lead past the first."""

_lock = threading.Lock()
_n_inside = 0
_before: dict[bytes, bytes | None] = {}


@contextmanager
def no_reports() -> Iterator[None]:
    """Keep native HTTP clients off the network; may be entered again, in any thread."""
    global _n_inside  # noqa: PLW0603 -- the environment is one for the whole process
    with _lock:
        if not _n_inside:
            _before.update({name: _getenv(name) for name in BLOCKED})
            for name, blocked in BLOCKED.items():
                _setenv(name, blocked)
        _n_inside += 1
    try:
        yield
    finally:
        with _lock:
            _n_inside -= 1
            if not _n_inside:
                for name, value in _before.items():
                    _setenv(name, value)


def _getenv(name: bytes) -> bytes | None:
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_char_p
    value: bytes | None = getenv(name)
    return value


def _setenv(name: bytes, value: bytes | None) -> None:
    library = ctypes.CDLL(None)
    if value is None:
        library.unsetenv(name)
    else:
        library.setenv(name, value, 1)
