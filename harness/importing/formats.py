"""Whose results can be imported; apart from what reads them, which takes long to load."""

from __future__ import annotations

FORMATS = ("lerobot", "vla-eval", "inspect-robots", "arena", "gauntlet", "junit", "csv")
