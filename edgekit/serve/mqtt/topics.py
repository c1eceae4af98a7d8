"""The names of what is said: `<topic>/<device>/...`, and Home Assistant's own."""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.serve.settings import MqttSettings


@dataclass(frozen=True)
class Topics:
    """Every topic of one device."""

    availability: str
    """Retained `online` or `offline`; the broker says `offline` by itself when it loses us."""
    state: str
    """Retained, every few seconds."""
    event: str
    """Each transition once or more, never retained."""
    command: str
    result: str
    discovery: str
    """Where Home Assistant looks for devices."""
    birth: str
    """Where Home Assistant says that it has started."""


def topics_of(settings: MqttSettings, device: str) -> Topics:
    """Return the topics of a device."""
    own = f"{settings.topic}/{device}"
    home = settings.home_assistant_prefix
    return Topics(
        availability=f"{own}/availability",
        state=f"{own}/state",
        event=f"{own}/event",
        command=f"{own}/command",
        result=f"{own}/command/result",
        discovery=f"{home}/device/{device}/config",
        birth=f"{home}/status",
    )
