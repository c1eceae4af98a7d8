"""All steps of setup, in order; undo takes them from the last to the first."""

from __future__ import annotations

from edgekit.setup.step import Step
from edgekit.setup.steps import (
    bundle_import,
    machine,
    pose_model,
    runtime,
    service,
    settings_file,
    trial_alarm,
)

STEPS: tuple[Step, ...] = tuple(
    Step(name, purpose, module.look, module.do, module.undo)
    for name, purpose, module in (
        (machine.NAME, "examine the machine", machine),
        (pose_model.NAME, "fetch the landmark model", pose_model),
        (bundle_import.NAME, "import a bundle", bundle_import),
        (runtime.NAME, "measure which runtime is fastest here", runtime),
        (settings_file.NAME, "write the settings", settings_file),
        (service.NAME, "install the service", service),
        (trial_alarm.NAME, "check, and sound a test alarm", trial_alarm),
    )
)
