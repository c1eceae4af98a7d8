"""Check of the supply and the heat, as a Raspberry Pi's firmware tells of them."""

from __future__ import annotations

from pathlib import Path

from edgekit.doctor.finding import Finding
from edgekit.doctor.kernel import read_text
from edgekit.serve.health.thermal import FIRMWARE

_MEANINGS = (
    (0x1, "the supply's voltage is too low", "weak"),
    (0x2, "the frequency is capped", "hot"),
    (0x4, "the processor is throttled", "hot"),
    (0x8, "the soft temperature limit is reached", "hot"),
)
_CURES = {
    "weak": "use the maker's own supply and a short thick cable; no hub, no phone charger",
    "hot": "give it air, a heat sink or a fan",
}
_SINCE_BOOT = 16
"""The same bits so many places higher tell what has happened since the machine started."""


def check_power(root: Path) -> Finding:
    """Check what the firmware says of voltage and temperature, now and since the start."""
    name, text = "power", read_text(root / FIRMWARE)
    try:
        flags = int(text, 16)
    except ValueError:
        return Finding(name, "ok", "no Raspberry Pi firmware to ask")
    for bits, when in ((flags, ""), (flags >> _SINCE_BOOT, ", at least once since it started")):
        for bit, meaning, kind in _MEANINGS:
            if bits & bit:
                return Finding(name, "warning", f"{meaning}{when} ({text})", _CURES[kind])
    return Finding(name, "ok", "the firmware saw no lack of power and no heat since the start")
