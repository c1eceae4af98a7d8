"""systemd's notification protocol: one datagram of `KEY=value` lines to $NOTIFY_SOCKET.

Specification: sd_notify(3). No library: it is fifteen lines.
"""

from __future__ import annotations

import logging
import os
import socket

log = logging.getLogger("edgekit.systemd")

SEND_WITHIN_S = 1.0
"""A manager that takes no messages must not hold up the thread that feeds the watchdog."""
READY, STOPPING, ALIVE = "READY=1", "STOPPING=1", "WATCHDOG=1"


def notify(message: str) -> bool:
    """Tell the service manager; return whether it was told.

    False without a manager, and, with a line in the log, where it does not take the message.

    Args:
        message: Lines of `KEY=value`, as in `READY=1`.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    # An address that begins with @ is abstract: not in the file system, its first byte is zero.
    target = "\0" + address[1:] if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.settimeout(SEND_WITHIN_S)
            channel.sendto(message.encode(), target)
    except OSError as error:
        log.warning("the service manager was not told: %s", error)
        return False
    return True


def reloading(mono_s: float) -> str:
    """Return the message that settings are being read again; `READY` is sent afterwards.

    Args:
        mono_s: `time.monotonic()`, by which the manager knows old messages from new ones.
    """
    return f"RELOADING=1\nMONOTONIC_USEC={int(mono_s * 1e6)}"


def status(text: str) -> str:
    """Return the message that shows a text in `systemctl status`; line breaks would end it."""
    return "STATUS=" + " ".join(text.split())
