"""Bundles in the field: signed, packed, installed into two slots, tried out, taken back."""
