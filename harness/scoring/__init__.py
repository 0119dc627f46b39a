"""Scoring: metrics from the trace, criteria with margins, the outcome of a variant."""
