"""Processes and what they say."""
