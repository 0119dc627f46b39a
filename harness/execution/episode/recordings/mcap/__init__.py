"""Recordings as MCAP, in the schemas of Foxglove, which viewers of others open as they are."""
