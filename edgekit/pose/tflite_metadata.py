"""The one thing that MediaPipe Tasks wants and the published landmark networks lack: metadata.

The networks take pictures scaled to 0..1, which a TFLite file says with an input normalisation
of mean 0 and standard deviation 255, in steps of the picture (with 1, they would get 0..255, and
still answer, wrongly). It is written in front of the network, whose bytes follow unchanged.

Source: the TFLite schema (version 3) and MediaPipe's metadata_schema.fbs; numbers are its slots.
"""

from __future__ import annotations

from edgekit.pose import flat_tables as flat
from edgekit.pose.flat_tables import Blob, Offsets, Old, Table

_VERSION, _BUFFERS, _METADATA = 0, 4, 6


def with_image_input(model: bytes) -> bytes:
    """Return the TFLite file `model` with metadata that its input is a picture in 0..1.

    The file ends with `model`, byte for byte; in front of it stands a new root table.
    """
    slots = flat.read_root(model)
    buffers = flat.items(model, slots[_BUFFERS])
    metadata = flat.items(model, slots[_METADATA]) if _METADATA in slots else []
    described = flat.serialise(_description(), b"M001")
    entry = Table({0: flat.string("TFLITE_METADATA"), 1: len(buffers)})
    root: dict[int, int | Old | Blob | Offsets | Table] = {
        slot: Old(flat.follow(model, at)) for slot, at in slots.items() if slot != _VERSION
    }
    root[_VERSION] = flat.number(model, slots[_VERSION])
    root[_BUFFERS] = Offsets([*buffers, Table({0: Blob(len(described), described)})])
    root[_METADATA] = Offsets([*metadata, entry])
    return flat.serialise(Table(root), b"TFL3") + model


def _description() -> Table:
    """Return a ModelMetadata: one picture goes in, as RGB, and is divided by 255."""
    normalisation = Table({0: flat.floats(0.0), 1: flat.floats(255.0)})
    scaled = Table({0: 1, 1: normalisation})  # ProcessUnit of NormalizationOptions
    picture = Table({0: 2, 1: Table({0: 1})})  # Content of ImageProperties in RGB
    image = Table({0: flat.string("image"), 3: picture, 4: Offsets([scaled])})
    subgraph = Table({2: Offsets([image])})
    return Table({0: flat.string("pose landmarks"), 3: Offsets([subgraph])})
