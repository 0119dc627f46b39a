"""A policy in the interpreter in which it is installed."""
