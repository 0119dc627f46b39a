"""Variants as ``simgate expand`` writes them."""
