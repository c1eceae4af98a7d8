"""Honest timing of every stage on this machine, with the machine named in each result."""
