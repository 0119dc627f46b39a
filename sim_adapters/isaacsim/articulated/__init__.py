"""Robots on their own joints in Isaac Sim: articulations told and read by its API, cameras by RTX."""
