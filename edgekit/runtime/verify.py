"""Is a bundle what its manifest says, and does it compute here what it computed at export?"""

from __future__ import annotations

from edgekit.bundle import Bundle
from edgekit.errors import IntegrityError, LeakageError
from edgekit.progress import LOGGED, Progress
from edgekit.runtime.choose import is_installed, open_engine
from edgekit.runtime.golden import GoldenCheck, check_engine


def check_evidence(bundle: Bundle) -> None:
    """Check that no child calibrated its own judge, and that every INT8 model passed its gate.

    Raises:
        LeakageError: A fold's calibration and evaluation children overlap.
        IntegrityError: An INT8 model has no gate evidence, or evidence over the budget.
    """
    manifest = bundle.manifest
    for fold in manifest.calibration:
        if set(fold.calibration) & set(fold.evaluation):
            raise LeakageError(
                f"{bundle.folder}: fold {fold.fold} was calibrated on a child that it is judged "
                "on; export it again"
            )
    has_int8 = any(entry.precision == "int8" for entry in manifest.models)
    if has_int8 and len({fold.fold for fold in manifest.calibration}) != manifest.n_folds:
        raise IntegrityError(f"{bundle.folder}: calibration evidence is incomplete; export again")
    for entry in manifest.models:
        if entry.precision == "fp32":
            continue
        if entry.gate is None:
            raise IntegrityError(f"{bundle.folder}: {entry.name} has no gate evidence")
        for excess in manifest.budget.excesses(entry.gate):
            raise IntegrityError(f"{bundle.folder}: {entry.name} is over its budget: {excess}")


def replay_golden(bundle: Bundle, progress: Progress = LOGGED) -> tuple[GoldenCheck, ...]:
    """Run the golden clips through every model whose runtime is installed here.

    Raises:
        IntegrityError: An answer differs from the exported one by more than its tolerance.
    """
    models = bundle.manifest.models
    checks = []
    for done, entry in enumerate(models, start=1):
        if is_installed(entry.runtime):
            engine = open_engine(bundle, entry, progress=progress)
            checks.append(check_engine(bundle, entry, engine))
        else:
            checks.append(GoldenCheck(entry, None, None))
        progress.step("golden clips", done, len(models))
    return tuple(checks)
