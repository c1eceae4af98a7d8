"""From frames to decisions: a supervised child for pictures, a time grid, the one detector."""
