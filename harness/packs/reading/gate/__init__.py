"""Readers of gate rules."""
