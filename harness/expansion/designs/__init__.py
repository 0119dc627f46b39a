"""Designs over discrete parameters: grids and coverings within constraints."""
