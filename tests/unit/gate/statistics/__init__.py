"""Numbers alone."""
