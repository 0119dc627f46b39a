"""A learned gait: how the network of ``scenarios/quadruped_walk`` is trained, exported and measured."""
