"""A team's own stage."""
