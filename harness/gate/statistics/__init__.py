"""Intervals and tests, of numbers alone: nothing here knows a run."""
