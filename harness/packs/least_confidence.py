"""The least confidence with which something counts as proven."""

LEAST_CONFIDENCE = 0.5
"""Below it a bound lies on the far side of what was seen: 3 of 4 passed would prove a rate of 0.9."""
