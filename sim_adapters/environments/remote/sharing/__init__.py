"""Worlds that share something: a vector environment, or the process in which others run beside it."""
