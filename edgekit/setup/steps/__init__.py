"""The steps of `edgekit setup`, a module each; `edgekit.setup.table` has them in order."""
