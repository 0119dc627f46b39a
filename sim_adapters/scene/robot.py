"""The differential-drive robot: hull, start and drive limits."""

from __future__ import annotations

from dataclasses import dataclass

from simgate.sim_adapters.scene.body import Material

HULL_LOOK = Material(rgb=(0.2, 0.25, 0.3))


@dataclass(frozen=True, slots=True)
class Robot:
    """A cylinder on two driven wheels, modelled in the plane.

    The drive is a velocity servo in the body frame with limited force, and wheels that do not
    slip sideways below a limit. Contact forces act on the hull, so that a push is a push.

    Attributes:
        start: (x m, y m, yaw rad) at step 0.
        radius_m: Radius of the hull.
        height_m: Height of the hull.
        mass_kg: Mass; yaw inertia is that of a solid cylinder.
        max_speed_mps: Commands above are clipped.
        max_yaw_rate_rps: Commands above are clipped.
        max_accel_mps2: Limit of the drive force divided by mass.
        max_yaw_accel_rps2: Limit of the drive torque divided by yaw inertia.
        material: Look of the hull.
    """

    start: tuple[float, float, float]
    radius_m: float = 0.25
    height_m: float = 0.5
    mass_kg: float = 30.0
    max_speed_mps: float = 1.2
    max_yaw_rate_rps: float = 1.5
    max_accel_mps2: float = 1.5
    max_yaw_accel_rps2: float = 4.0
    material: Material = HULL_LOOK

    @property
    def tilt_inertia_kgm2(self) -> float:
        """Inertia of a solid cylinder about a level axis through its middle, kg m^2."""
        return self.mass_kg * (3.0 * self.radius_m**2 + self.height_m**2) / 12.0

    @property
    def yaw_inertia_kgm2(self) -> float:
        """Yaw inertia of a solid cylinder, kg m^2."""
        return 0.5 * self.mass_kg * self.radius_m**2
