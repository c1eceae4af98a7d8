"""What the daemon is, as far as it does not change while it runs."""

from __future__ import annotations

import logging
import os
import secrets
import sys
from pathlib import Path

from edgekit import __version__
from edgekit.serve.live import Identity
from edgekit.serve.plan import Plan
from edgekit.serve.store.boots import Origin

_JOURNAL_LEVELS = {"CRITICAL": 2, "ERROR": 3, "WARNING": 4, "INFO": 6, "DEBUG": 7}


def identity_of(plan: Plan, *, is_open: bool) -> Identity:
    """Return who this start of the daemon is."""
    manifest, source = plan.bundle.manifest, plan.settings.watch.source
    return Identity(
        device=plan.settings.device,
        version=__version__,
        boot_id=secrets.token_hex(8),
        bundle_sha256=plan.bundle_sha256,
        model=f"{plan.entry.name} on {plan.engine.runtime}",
        threshold=manifest.decision.threshold,
        window_s=plan.window_s,
        fps=manifest.fps,
        source=source if plan.is_live else Path(source).name,
        is_live=plan.is_live,
        is_policy_tuned=manifest.alarm.is_tuned,
        is_open=is_open,
    )


def origin_of(identity: Identity, plan: Plan) -> Origin:
    """Return what the store notes of this start."""
    return Origin(
        device=identity.device,
        version=identity.version,
        bundle_sha256=identity.bundle_sha256,
        is_live=identity.is_live,
        is_synthetic="synth" in plan.bundle.manifest.dataset.source,
    )


class _JournalFormat(logging.Formatter):
    """Lines that journald gives their priority."""

    def format(self, record: logging.LogRecord) -> str:
        return f"<{_JOURNAL_LEVELS.get(record.levelname, 6)}>{super().format(record)}"


def log_to_stderr() -> None:
    """Send edgekit's log to stderr, where a terminal or the journal takes it."""
    handler = logging.StreamHandler(sys.stderr)
    if "JOURNAL_STREAM" in os.environ:
        handler.setFormatter(_JournalFormat("%(name)s: %(message)s"))
    else:
        handler.setFormatter(
            logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")
        )
    logger = logging.getLogger("edgekit")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
