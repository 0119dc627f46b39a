"""Simulator-neutral scenes: metres, kilograms, radians, Z up, X forward, quaternions wxyz."""
