"""Readers of values: constants, distributions, rules, columns of field data."""
