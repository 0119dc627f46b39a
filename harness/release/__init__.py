"""A release over several layers of evidence: offline benchmark, simulation, field replay, canary."""
