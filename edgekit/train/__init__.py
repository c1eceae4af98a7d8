"""Training of the fold ensemble; the only part of the library that imports torch."""
