"""Stages of a team's own as worlds: read, checked, given the values of a variant, and made to drive."""
