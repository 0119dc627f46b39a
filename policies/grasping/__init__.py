"""Lifting a brick: how the network of ``scenarios/tabletop_grasp`` is trained, and its motion."""

import os

from simgate.sim_adapters.gl import draw_on_one_core

draw_on_one_core(os.environ)
