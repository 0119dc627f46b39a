"""Field logs as worlds."""
