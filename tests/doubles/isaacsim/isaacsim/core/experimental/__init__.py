"""Namespace of the double."""
