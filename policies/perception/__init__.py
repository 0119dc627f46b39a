"""Perception: model packages, preprocessing, decoding, runtimes."""
