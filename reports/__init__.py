"""Reporters: one a file, made from a run folder, found by entry point."""
