"""What native libraries write to stderr by themselves, held back and sorted.

MediaPipe greets with warnings that mean nothing here and has no switch for them; FFmpeg tells of
damaged pictures only there. Both write to file descriptor 2, past Python.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_CHATTER = re.compile(r"[IW]\d{4} [\d:.]+ |(INFO|WARNING): ")
"""Information and warnings of MediaPipe and TFLite; their errors start otherwise."""

_DECODER = re.compile(r"\[[\w,.]+ @ 0x[0-9a-f]+\] |\[ *(WARN|ERROR|INFO):\d+@[\d.]+\] |OpenCV: ")
"""What FFmpeg and OpenCV write."""

# Two threads that exchange descriptor 2 at once would not restore it.
_descriptor_2 = threading.Lock()


class NativeLog:
    """Collects native lines while `held()` is entered; every other line goes on to stderr."""

    def __init__(self) -> None:
        self.decoder_lines: list[str] = []
        """What FFmpeg and OpenCV said, in order, without their prefix."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 -- lives as long as the log

    def close(self) -> None:
        """Give back the temporary file."""
        self._file.close()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold back stderr; not when another thread does so already, or there is none."""
        if not _descriptor_2.acquire(blocking=False):
            yield
            return
        try:
            real = _duplicate_stderr()
            if real is None:
                yield
                return
            os.dup2(self._file.fileno(), 2)
            try:
                yield
            finally:
                os.dup2(real, 2)
                self._sort(real)
                os.close(real)
        finally:
            _descriptor_2.release()

    def _sort(self, real: int) -> None:
        """Keep the decoder's lines, drop the chatter, and pass on all else."""
        handle = self._file.fileno()
        if not os.fstat(handle).st_size:
            return
        os.lseek(handle, 0, os.SEEK_SET)
        text = self._file.read()
        os.lseek(handle, 0, os.SEEK_SET)
        os.ftruncate(handle, 0)
        for line in text.splitlines(keepends=True):
            shown = line.decode(errors="replace")
            if found := _DECODER.match(shown):
                self.decoder_lines.append(shown[found.end() :].strip())
            elif not _CHATTER.match(shown):
                os.write(real, line)


def _duplicate_stderr() -> int | None:
    try:
        return os.dup(2)
    except OSError:  # a daemon may have closed it
        return None
