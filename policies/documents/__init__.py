"""YAML files that people write: read with positions, every problem reported at its place."""
