"""What this machine has, what is missing, and the one line that mends it."""

from edgekit.doctor.examine import examine
from edgekit.doctor.finding import Finding, State

__all__ = ["Finding", "State", "examine"]
