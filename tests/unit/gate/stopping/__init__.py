"""Decided while a run goes on."""
