"""The command line: one file per command, each a thin shell around one library function."""
