"""The yardstick: the ensemble as `torch.onnx.export` writes it when nobody thinks about it.

K networks of the bundle's shape with random weights, their probabilities averaged, exported by
the dynamo exporter with its defaults. Run as
`python -m edgekit_bench.naive_export OUT FOLDS WIDTH MIL FRAMES SEED`, in a process of its own, so
that torch is not in the process that times.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from edgekit.errors import IntegrityError, MissingExtraError
from edgekit.manifest import Manifest
from edgekit_bench.child_process import run_module

NEEDED = ("torch", "onnx", "onnxscript")
TIMEOUT_S = 300.0


def export_naive(path: Path, manifest: Manifest, seed: int) -> None:
    """Write the yardstick of a bundle's shape at `path`.

    Raises:
        MissingExtraError: The packages that export are not installed.
        IntegrityError: The exporter failed or hung; carries its reason.
    """
    for package in NEEDED:
        if find_spec(package) is None:
            raise MissingExtraError("train", package)
    shape = (manifest.n_folds, manifest.c_base, manifest.mil, manifest.n_frames)
    try:
        run_module("naive_export", path, *shape, seed, timeout_s=TIMEOUT_S)
    except IntegrityError as error:
        raise IntegrityError(f"torch.onnx.export failed: {error}") from error


def main(arguments: list[str]) -> int:
    """Export what the command line names."""
    import torch
    from torch import Tensor, nn

    from edgekit.features import N_CHANNELS
    from edgekit.skeleton import N_LANDMARKS
    from edgekit.train.network import MIL_MODES, Network, NetworkShape

    path, n_folds, c_base, mil, n_frames, seed = arguments
    shape = NetworkShape(c_base=int(c_base), mil=MIL_MODES[MIL_MODES.index(mil)])

    class Ensemble(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.folds = nn.ModuleList(Network(shape) for _ in range(int(n_folds)))

        def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            bags, attention = zip(*(fold(features) for fold in self.folds), strict=True)
            each = torch.stack(bags, dim=1).sigmoid()  # (1, K)
            return each.mean(dim=1), each, torch.stack(attention, dim=1)

    torch.manual_seed(int(seed))
    torch.onnx.export(
        Ensemble().eval(),
        (torch.randn(1, N_CHANNELS, int(n_frames), N_LANDMARKS),),
        path,
        dynamo=True,
        input_names=["features"],
        output_names=["probability", "fold_probability", "attention"],
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
