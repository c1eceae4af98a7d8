"""`report.html`: one self-contained page about a training run, for people; needs no torch."""

from __future__ import annotations

from edgekit.train.report.page import write_report

__all__ = ["write_report"]
