"""MuJoCo: the embedded default, runs anywhere with software OpenGL."""

import os

from simgate.sim_adapters.gl import draw_on_one_core

# MuJoCo reads it when it is first imported, and whoever reads a team's file does that before anything draws.
draw_on_one_core(os.environ)
