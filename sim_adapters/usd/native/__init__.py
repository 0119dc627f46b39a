"""Stages of a team's own as worlds: read, checked, given the values of a variant, and made to drive."""

import os

from simgate.sim_adapters.gl import draw_on_one_core

# MuJoCo reads it when it is first imported, and whoever reads a team's file does that before anything draws.
draw_on_one_core(os.environ)
