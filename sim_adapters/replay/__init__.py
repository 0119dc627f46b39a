"""Field logs as worlds: what a robot once saw is shown again, at the times at which it saw it."""
