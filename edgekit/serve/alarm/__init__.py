"""The alarm core: two independent latches, one pure function, no clock and no I/O."""
