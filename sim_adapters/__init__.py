"""Simulators behind one batch-first protocol, and the simulator-neutral scenes they run."""
