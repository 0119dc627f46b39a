"""Worlds in code, and what geometry tells of scenes."""
