"""Lets a picture out in every way that the canary must notice: python leaky_program.py HOW FILE."""

from __future__ import annotations

import mmap
import os
import socket
import sys
from pathlib import Path


def main(how: str, picture: Path) -> None:
    """Let 64 bytes of a file out, among others; then say so and wait to be looked at."""
    content = picture.read_bytes()
    middle = len(content) // 2
    leak = b"nothing " * 100 + b"odd" + content[middle : middle + 64] + b"nothing"
    one, other = socket.socketpair()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as call:
        # A datagram socket that is "connected" to a documentation address sends nothing.
        call.connect(("198.51.100.1", 9))
    if how == "file":
        Path("scratch.bin").write_bytes(leak)
        Path("scratch.bin").unlink()
    elif how == "socket":
        one.sendall(leak)
        other.recv(len(leak))
    elif how == "mapped file":
        with Path("kept.bin").open("w+b") as file:
            file.truncate(len(leak))
            mmap.mmap(file.fileno(), len(leak))[:] = leak
    elif how == "shared memory":
        shared = os.memfd_create("ring")
        os.ftruncate(shared, len(leak))
        mmap.mmap(shared, len(leak))[:] = leak
    sys.stdout.write("done\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
