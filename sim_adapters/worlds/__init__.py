"""Worlds: functions from parameters to a scene, found by entry point ``simgate.worlds``."""
