"""The text of the settings file that setup writes: every key with its unit, most at rest."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

from edgekit.setup.journal import Pick

TEMPLATE = "edgekit.toml.in"
COMMENT_AT = 32


def settings_text(
    *, bundle: Path | None, source: str | None, port: int | None, pick: Pick | None
) -> str:
    """Return a settings file; what is None stays at its default, and says so.

    Args:
        bundle: The bundle's folder.
        source: Camera or recording.
        port: Of the page.
        pick: How the model runs fastest here.
    """
    runtime, precision, threads = (
        (None, None, None) if pick is None else (pick.runtime, pick.precision, pick.threads)
    )
    lines = {
        "bundle": _key("bundle", str(bundle) if bundle else None, "bundle", "the bundle's folder"),
        "source": _key("source", source, "0", "camera (0 is the first), video or .npy recording"),
        "port": _key("port", port, 8460, "of the page; 0 takes a free one"),
        "runtime": _key("runtime", runtime, "auto", _measured(pick)),
        "precision": _key("precision", precision, "auto", "auto, fp32 or int8"),
        "threads": _key("threads", threads, 1, "threads of the model"),
    }
    text = files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8")
    return text.format_map(lines)


def _key(name: str, value: str | int | None, default: str | int, comment: str) -> str:
    # A JSON string is a TOML string too, as long as it keeps to ASCII.
    written = (
        f"{'#' if value is None else ''}{name} = {json.dumps(default if value is None else value)}"
    )
    return f"{written.ljust(COMMENT_AT - 1)} # {comment}"


def _measured(pick: Pick | None) -> str:
    if pick is None:
        return "auto, onnxruntime or openvino"
    return f"measured here: {pick.median_ms:.2f} ms a decision"
