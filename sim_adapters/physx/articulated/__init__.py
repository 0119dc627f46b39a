"""Robots on their own joints moved by PhysX: MuJoCo's compiled model becomes a stage, and follows it."""
