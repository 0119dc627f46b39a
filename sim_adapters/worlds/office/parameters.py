"""Every knob of ``office_corridor``, with unit, range, nominal value and meaning."""

from __future__ import annotations

from simgate.sim_adapters.worlds.world import ParameterSpec


def _number(default: float, unit: str, low: float, high: float, meaning: str) -> ParameterSpec:
    return ParameterSpec("number", default, meaning, unit, low, high)


def _seen(default: float, unit: str, low: float, high: float, meaning: str) -> ParameterSpec:
    return ParameterSpec("number", default, meaning, unit, low, high, appearance=True)


def _choice(default: str, choices: tuple[str, ...], meaning: str) -> ParameterSpec:
    return ParameterSpec("choice", default, meaning, choices=choices)


OFFICE_PARAMETERS: dict[str, ParameterSpec] = {
    "camera.blur_px": _seen(0.0, "px", 0.0, 3.0, "Gaussian blur of the camera frame (standard deviation)."),
    "camera.dropout_rate": _seen(0.0, "", 0.0, 0.9, "Probability that a camera frame is lost."),
    "camera.exposure_ev": _seen(0.0, "EV", -3.0, 3.0, "Exposure of the camera; +1 doubles the light."),
    "camera.noise_std": _seen(0.01, "", 0.0, 0.2, "Pixel noise, as a share of full scale."),
    "camera.pitch_deg": _seen(0.0, "deg", -10.0, 10.0, "Camera mounted looking up (positive) or down."),
    "corridor.width_m": _number(2.4, "m", 1.6, 4.0, "Width of the corridor between its walls."),
    "ceiling.color": _choice("white", ("white", "grey", "dark"), "Colour of the ceiling."),
    "door.distance_m": _number(5.0, "m", 1.5, 12.0, "Distance from the robot's start to the door plane."),
    "door.frame": _choice("steel", ("steel", "white", "black", "wood"), "Look of the door frame."),
    "door.handle": _choice("bar", ("bar", "lever", "plate"), "Handle on the door leaf."),
    "door.kind": _choice("glass", ("glass", "wood", "none"), "What hangs in the doorway."),
    "door.marking": _choice(
        "none", ("none", "dots", "stripe"), "Warning marks on a glass leaf at eye height."
    ),
    "door.opening_deg": _number(
        0.0, "deg", 0.0, 110.0, "How far the leaf is open; 0 is shut, away from the robot."
    ),
    "door.tint": _number(0.15, "", 0.03, 0.6, "Opacity of a glass leaf; small is almost invisible."),
    "door.width_m": _number(1.1, "m", 0.9, 1.3, "Clear width of the doorway."),
    "door.wood": _choice("oak", ("oak", "walnut", "beech", "cherry"), "Wood of a wooden leaf."),
    "floor.material": _choice("carpet", ("carpet", "tiles", "parquet", "concrete"), "Look of the floor."),
    "floor.reflectance": _number(
        0.0, "", 0.0, 0.5, "Mirror image in the floor; costs rendering time above 0."
    ),
    "lighting.flicker_depth": _seen(0.0, "", 0.0, 0.9, "Share of light lost at the dark end of the flicker."),
    "lighting.flicker_hz": _seen(0.0, "Hz", 0.0, 50.0, "Frequency of the flicker of the ceiling lights."),
    "lighting.lux": _seen(400.0, "lux", 10.0, 2000.0, "Illuminance on the floor from the ceiling lights."),
    "lighting.temperature_k": _seen(4500.0, "K", 2500.0, 8000.0, "Colour temperature of the ceiling lights."),
    "person.clothes": _choice(
        "navy", ("navy", "red", "green", "grey", "khaki"), "Colour of the person's clothes."
    ),
    "person.cross_at_m": _number(3.0, "m", 1.2, 10.0, "Where the person crosses, from the robot's start."),
    "person.pause_s": _number(0.0, "s", 0.0, 10.0, "How long the person stands still half-way across."),
    "person.present": ParameterSpec("bool", False, "Whether a person walks across the corridor."),
    "person.speed_mps": _number(1.0, "m/s", 0.3, 2.0, "Walking speed of the person."),
    "person.start_s": _number(1.0, "s", 0.0, 15.0, "When the person starts to cross."),
    "robot.radius_m": _number(0.25, "m", 0.2, 0.35, "Radius of the robot's hull."),
    "robot.start_y_m": _number(0.0, "m", -1.0, 1.0, "Sideways offset of the robot's start, positive left."),
    "robot.start_yaw_deg": _number(
        0.0, "deg", -30.0, 30.0, "Heading of the robot at the start, positive left."
    ),
    "wall.color": _choice(
        "white", ("white", "grey", "beige", "blue", "green"), "Colour of the corridor walls."
    ),
    "wall.panels": ParameterSpec("bool", False, "Coloured boards on the corridor walls (a distraction)."),
    "window.lux": _seen(
        0.0, "lux", 0.0, 20000.0, "Daylight from a window in the far wall behind the door; 0 is none."
    ),
}
