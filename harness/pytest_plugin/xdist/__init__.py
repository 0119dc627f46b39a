"""Variants handed to the workers of pytest-xdist."""
