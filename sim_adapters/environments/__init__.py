"""Environments that a team already has (gymnasium, gym): made, set, reset and stepped as they are."""
