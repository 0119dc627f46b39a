"""Sensor imperfections, applied to frames outside the adapters so that every simulator has the same."""
