"""Targets of ``set:`` in an MJCF file: which there are, set, and whether a run depends on them."""
