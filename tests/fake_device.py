"""Root folders with what a device's kernel would show."""

from __future__ import annotations

from pathlib import Path

BOARDS = {
    "rpi4": ("Raspberry Pi 4 Model B Rev 1.4", ("raspberrypi,4-model-b", "brcm,bcm2711")),
    "rpi5": ("Raspberry Pi 5 Model B Rev 1.0", ("raspberrypi,5-model-b", "brcm,bcm2712")),
    "jetson": (
        "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super",
        ("nvidia,p3768-0000+p3767-0005-super", "nvidia,p3767-0005", "nvidia,tegra234"),
    ),
    "orin-nx": (
        "NVIDIA Jetson Orin NX Engineering Reference Developer Kit",
        ("nvidia,p3768-0000+p3767-0000", "nvidia,p3767-0000", "nvidia,tegra234"),
    ),
    "agx": (
        "NVIDIA Jetson AGX Orin Developer Kit",
        ("nvidia,p3737-0000+p3701-0005", "nvidia,p3701-0005", "nvidia,tegra234"),
    ),
}
"""Model and compatible strings of the device tree."""


def write_tree(root: Path, files: dict[str, str]) -> Path:
    """Write files below a root folder, and return it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def device_tree(root: Path, name: str) -> Path:
    """Write the device tree of a target, and return the root folder."""
    model, compatible = BOARDS[name]
    return write_tree(
        root,
        {
            "proc/device-tree/model": f"{model}\0",
            "proc/device-tree/compatible": "\0".join(compatible) + "\0",
        },
    )
