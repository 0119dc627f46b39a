"""A team's own MJCF file as a world: read for the linter, set for a variant, sensed like any other."""
