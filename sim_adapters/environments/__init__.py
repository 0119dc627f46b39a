"""Environments that a team already has (gymnasium, gym): made, set, reset and stepped as they are."""

import os

from simgate.sim_adapters.gl import draw_on_one_core

# Environments draw too, in the process that checks a pack already, and in interpreters of their own.
draw_on_one_core(os.environ)
