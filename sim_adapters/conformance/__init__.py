"""The suites that adapters must pass; third parties subclass them in their own tests.

Example:
    >>> class TestMyAdapter(AdapterConformance):            # doctest: +SKIP
    ...     def make_adapter(self, timing, options=None):
    ...         return MyAdapter(timing=timing, options=options or {})

Expected values are analytic: where a known cube projects, how far a wall is, what a lidar reads
through glass. Image tolerances are pixels of rasterisation, not of convention.
"""

from __future__ import annotations

from simgate.sim_adapters.conformance.contact import Touch
from simgate.sim_adapters.conformance.driving import DrivingChannels
from simgate.sim_adapters.conformance.geometry import Geometry
from simgate.sim_adapters.conformance.images import Images
from simgate.sim_adapters.conformance.independence import Independence
from simgate.sim_adapters.conformance.lidar import LidarRanges
from simgate.sim_adapters.conformance.motion import Motion
from simgate.sim_adapters.conformance.repeat import Repeat
from simgate.sim_adapters.conformance.scenes import GLASS, TIMING, drive, scene, wall
from simgate.sim_adapters.conformance.time_and_life import TimeAndLife
from simgate.sim_adapters.conformance.truth import Truth

__all__ = ["GLASS", "TIMING", "AdapterConformance", "drive", "scene", "wall"]


class AdapterConformance(
    TimeAndLife, Motion, Geometry, Images, Truth, LidarRanges, Touch, Repeat, Independence, DrivingChannels
):
    """For simulators that build scenes with a driving robot; robots on their own joints are tested by
    :class:`simgate.sim_adapters.conformance.robots.RobotConformance`.

    Subclass it and implement ``make_adapter``.

    Attributes:
        bit_reproducible: Whether the same scene gives the same frames bit for bit (false for ray-traced
            renderers); poses must always repeat.
        max_worlds: Most worlds that the adapter takes together; tests that need more are skipped.
    """
