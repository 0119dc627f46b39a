"""``Scene`` to an OpenUSD stage: what Isaac Sim, PhysX and any USD viewer open.

Everything is authored as plain USD (geometry, ``UsdPhysics``, ``UsdPreviewSurface``, ``UsdLux``, cameras,
semantic labels), so that a variant has the same values in every simulator.
"""

from importlib.util import find_spec

from simgate.sim_adapters.usd.errors import MissingUsd

if find_spec("pxr") is None:
    raise MissingUsd()
