"""The reference door detector: how it is made, measured and packaged."""

import os

# Before torch is loaded: threads that spin while they wait for each other make training four times slower as
# soon as anything else runs on the machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
