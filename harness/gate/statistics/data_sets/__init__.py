"""Metrics over a whole data set, and how sure they are."""
