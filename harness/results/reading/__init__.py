"""Reads what a run has left without the time and memory that one tree of it all would take."""
