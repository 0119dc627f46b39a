"""Robots of MJCF files on their own joints: actuation, sensors by declaration, quantities, worlds."""
