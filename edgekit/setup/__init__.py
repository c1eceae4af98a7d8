"""`edgekit setup`: from an installed package to a watched bed, step by step, and back again."""

from edgekit.setup.run import reports, undo
from edgekit.setup.table import STEPS

__all__ = ["STEPS", "reports", "undo"]
