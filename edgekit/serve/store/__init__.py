"""What happened, kept through power loss: SQLite, committed before it is announced."""
