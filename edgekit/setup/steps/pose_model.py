"""The landmark model, fetched into the cache that the daemon will read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgekit.errors import IntegrityError, MissingExtraError
from edgekit.pose import models
from edgekit.setup.changes import Change, MadeFile
from edgekit.setup.revert import revert
from edgekit.setup.step import Context, Outcome

NAME = "pose"


def look(context: Context) -> Outcome:
    """Look into the cache; every byte of the model is checked."""
    folder = _folder(context)
    try:
        found = models.find(context.pose_model, folder)
    except MissingExtraError:
        n_mb = _size_mb(context.pose_model)
        text = f"fetch the pose model {context.pose_model.name} ({n_mb} MB) into {folder}"
        return Outcome("open", text)
    except IntegrityError as error:
        return Outcome("open", f"fetch it again: {error}")
    return Outcome("there", f"{found.path}")


def do(context: Context) -> Outcome:
    """Fetch the model.

    Raises:
        MissingExtraError: pip or npm is missing, or cannot reach its registry.
        IntegrityError: What was downloaded is not what is pinned.
        OutputError: The cache cannot be written.
    """
    model, folder = context.pose_model, _folder(context)
    path = models.path_of(model, folder)
    if not path.exists():
        # A spoilt one is somebody's own: it is mended, and stays after undo.
        context.journal.record(NAME, MadeFile(path=path, sha256=(model.sha256,)))
    fetched = models.fetch(model, folder, is_forced=True, progress=context.progress)
    return Outcome("done", f"{fetched.path}: pose model {fetched.name}")


def undo(_context: Context, changes: Sequence[Change]) -> tuple[str, ...]:
    """Remove the model, unless it was there before."""
    return revert(changes)


def _folder(context: Context) -> Path:
    return context.site.cache / "pose"


def _size_mb(model: models.PoseModel) -> int:
    packages = {model.detector.package, model.landmarks.package}
    return sum(package.size_mb for package in packages)
