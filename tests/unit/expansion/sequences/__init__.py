"""Streams of numbers and designs made of them."""
