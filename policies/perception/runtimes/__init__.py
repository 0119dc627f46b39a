"""Perception runtimes, one file each, found through the entry-point group ``simgate.runtimes``."""
