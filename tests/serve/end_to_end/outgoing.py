"""Everything that leaves a process: its writes and sends as strace saw them, and what it wrote to.

A canary is any eight bytes of a picture. Noise has so many different ones that a single row of
pixels, however it is cut or aligned, is found; and eight such bytes do not meet by chance.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

WORD = 8
N_DIFFERENT = 6
"""Bytes of a canary; fewer, as in zeros or in text, could be in anything."""
_OUT = "write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,sendmmsg"
_TO = "open,openat,creat,memfd_create"
_QUOTED = re.compile(rb'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
_OPENED = re.compile(r'(?:openat\(\w+, |open\(|creat\()"((?:\\x[0-9a-f]{2})*)", ?([^)]*)\)')
_OWN_ADDRESSES = tuple("".join(rf"\x{ord(c):02x}" for c in own) for own in ("127.0.0.", "::1"))
_MADE_TO_WRITE = ("O_WRONLY", "O_RDWR", "O_CREAT")


def traced(log: Path) -> tuple[str, ...]:
    """Return what to put before a command; skips without strace. `-D`: the command stays a child.

    Every byte of every buffer is written down in hexadecimal.
    """
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("needs strace: apt-get install strace")
    what = ("-e", f"trace={_OUT},{_TO},connect,prctl", "--seccomp-bpf")
    return (strace, "-D", "-f", *what, "-xx", "-s", str(1 << 22), "-o", str(log))


def canaries(samples: Iterable[bytes]) -> NDArray[np.uint64]:
    """Return the canaries in samples, sorted; from each only every eighth alignment."""
    words = [np.frombuffer(sample[: len(sample) // WORD * WORD], np.uint8) for sample in samples]
    rows = np.sort(np.concatenate(words).reshape(-1, WORD), axis=1)
    is_good = (np.diff(rows, axis=1) > 0).sum(axis=1) + 1 >= N_DIFFERENT
    return np.unique(np.concatenate(words).view(np.uint64)[is_good])


def n_found(wanted: NDArray[np.uint64], content: bytes) -> int:
    """Return how many canaries are in the content, at any alignment."""
    found = 0
    for shift in range(WORD):
        n_words = (len(content) - shift) // WORD
        if n_words > 0:
            words = np.frombuffer(content, np.uint64, n_words, shift)
            places = np.minimum(np.searchsorted(wanted, words), len(wanted) - 1)
            found += int((wanted[places] == words).sum())
    return found


def sent(log: Path) -> Iterator[bytes]:
    """Yield every buffer that was written or sent, whole."""
    for line in log.read_bytes().splitlines():
        if b"open" in line.split(b"(")[0] or b"creat(" in line:
            continue
        for text, is_cut in _QUOTED.findall(line):
            assert not is_cut, "strace cut a buffer"
            yield bytes.fromhex(text.replace(rb"\x", b"").decode("ascii"))


def opened_to_write(log: Path) -> set[Path]:
    """Return the files that were opened to write; also those that were given up."""
    found = set()
    for name, flags in _OPENED.findall(log.read_text(encoding="ascii", errors="replace")):
        if any(flag in flags for flag in _MADE_TO_WRITE):
            found.add(Path(os.fsdecode(bytes.fromhex(name.replace(r"\x", "")))))
    return found


def called(log: Path) -> list[str]:
    """Return the calls to other machines: connections that are neither local nor to this one."""
    lines = log.read_text(encoding="ascii", errors="replace").splitlines()
    calls = [line for line in lines if "connect(" in line and "AF_INET" in line]
    return [line for line in calls if not any(own in line for own in _OWN_ADDRESSES)]


def memory_files(pid: int) -> Iterator[bytes]:
    """Yield what is in the memory that a process shares through descriptors."""
    for link in Path(f"/proc/{pid}/fd").iterdir():
        if str(link.readlink()).startswith("/memfd:"):
            with link.open("rb") as file:
                yield os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0)


def files_in(*folders: Path) -> Iterator[bytes]:
    """Yield every file below some folders."""
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                yield path.read_bytes()
