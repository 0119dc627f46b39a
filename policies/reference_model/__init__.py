"""The reference door detector: how it is made, measured and packaged."""

import os

from simgate.sim_adapters.gl import draw_on_one_core

# Before torch is loaded: threads that spin while they wait for each other make training four times slower as
# soon as anything else runs on the machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Before MuJoCo is loaded, here or in a rendering process.
draw_on_one_core(os.environ)
