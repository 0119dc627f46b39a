"""The reference door detector: how it is made, measured and packaged."""

import os

from sim_adapters.gl import choose_backend

# Before torch is loaded: threads that spin while they wait for each other make training four times slower as
# soon as anything else runs on the machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Before MuJoCo is loaded, here or in a rendering process: how to draw without a display, each on one core.
if _backend := choose_backend(os.environ):
    os.environ["MUJOCO_GL"] = _backend
os.environ.setdefault("LP_NUM_THREADS", "1")
