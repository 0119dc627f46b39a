"""A learned safety stop: how the networks of ``scenarios/safety_stop`` are trained, exported and measured."""
