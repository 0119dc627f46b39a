"""Conditions over parameters: syntax, types, evaluation over arrays."""
