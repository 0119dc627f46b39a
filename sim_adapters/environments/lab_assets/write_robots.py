"""Writes the robots that lie here: an ant, a quadruped and an arm of simgate's own.

``python -m simgate.sim_adapters.environments.lab_assets.write_robots``. They have the names that Isaac Lab's
tasks have for theirs.
"""

from __future__ import annotations

import math
from pathlib import Path

from simgate.sim_adapters.environments.lab_assets.stage_text import Body, Shape, stage

HERE = Path(__file__).parent / "Isaac"


def ant() -> list[Body]:
    """Eight joints; a leg turns about the vertical, a foot about a level line across it."""
    orange, dark = (0.85, 0.42, 0.12), (0.35, 0.32, 0.3)
    torso = [Shape((0, 0, 0), (0, 0, 0), 0.25)]
    bodies = [Body("torso", 0.33, torso, colour=orange)]
    legs = {"front_left": (1, 1), "front_right": (-1, 1), "left_back": (-1, -1), "right_back": (1, -1)}
    for name, (x, y) in legs.items():
        out, low, high = (0.2 * x, 0.2 * y, 0.0), 30.0, 100.0
        axis = (-1.0, 1.0, 0.0) if x == y else (1.0, 1.0, 0.0)
        bends_down = x * axis[1] - y * axis[0] > 0
        limits = (low, high) if bends_down else (-high, -low)
        thigh, shin = [Shape((0, 0, 0), out, 0.08)], [Shape((0, 0, 0), (0.4 * x, 0.4 * y, 0.0), 0.08)]
        bodies.append(
            Body(
                f"{name}_leg",
                0.04,
                thigh,
                "torso",
                f"{name}_leg",
                out,
                axis=(0, 0, 1),
                limits=(-40, 40),
                colour=dark,
            )
        )
        bodies.append(
            Body(
                f"{name}_foot",
                0.07,
                shin,
                f"{name}_leg",
                f"{name}_foot",
                out,
                axis=axis,
                limits=limits,
                colour=orange,
            )
        )
    return bodies


def quadruped() -> list[Body]:
    """Twelve joints, 15 kg: hip, thigh and calf of four legs, and feet that are bodies of their own."""
    grey, dark = (0.62, 0.64, 0.67), (0.18, 0.19, 0.2)
    bodies = [Body("base", 7.0, [Shape((0, 0, 0), size=(0.38, 0.1, 0.11))], colour=grey)]
    for leg, x, y in (("FL", 1, 1), ("FR", 1, -1), ("RL", -1, 1), ("RR", -1, -1)):
        side = 0.0955 * y
        bodies += [
            Body(
                f"{leg}_hip",
                0.7,
                [Shape((0, 0, 0), (0, 0.4 * side, 0), 0.04)],
                "base",
                f"{leg}_hip_joint",
                (0.193 * x, 0.0465 * y, 0),
                axis=(1, 0, 0),
                limits=(-60, 60),
                drive=(0, 0, 23.7),
                colour=dark,
            ),
            Body(
                f"{leg}_thigh",
                1.1,
                [Shape((0, 0, -0.03), (0, 0, -0.183), 0.022)],
                f"{leg}_hip",
                f"{leg}_thigh_joint",
                (0, side, 0),
                axis=(0, 1, 0),
                limits=(-90, 200),
                drive=(0, 0, 23.7),
                colour=grey,
            ),
            Body(
                f"{leg}_calf",
                0.16,
                [Shape((0, 0, -0.03), (0, 0, -0.17), 0.012)],
                f"{leg}_thigh",
                f"{leg}_calf_joint",
                (0, 0, -0.213),
                axis=(0, 1, 0),
                limits=(-156, -48),
                drive=(0, 0, 45.4),
                colour=dark,
            ),
            Body(
                f"{leg}_foot",
                0.04,
                [Shape((0, 0, 0), (0, 0, 0), 0.022)],
                f"{leg}_calf",
                "",
                (0, 0, -0.213),
                colour=dark,
            ),
        ]
    return bodies


_QUARTER = math.pi / 2
_WHITE, _BLACK = (0.85, 0.86, 0.88), (0.25, 0.26, 0.28)
_LINKS = [
    (3.0, (0, 0, 0.333), (0, 0, 0), (-166, 166), ((0, 0, -0.19), (0, 0, -0.02)), 0.06),
    (3.0, (0, 0, 0), (-_QUARTER, 0, 0), (-101, 101), ((0, 0, 0), (0, -0.15, 0)), 0.06),
    (2.5, (0, -0.316, 0), (_QUARTER, 0, 0), (-166, 166), ((0, 0, -0.12), (0.05, 0, 0)), 0.055),
    (2.5, (0.0825, 0, 0), (_QUARTER, 0, 0), (-176, -4), ((0, 0, 0), (-0.0825, 0.09, 0)), 0.055),
    (2.0, (-0.0825, 0.384, 0), (-_QUARTER, 0, 0), (-166, 166), ((0, 0.04, -0.22), (0, 0.04, -0.05)), 0.045),
    (1.4, (0, 0, 0), (_QUARTER, 0, 0), (-1, 215), ((0, 0, 0), (0.06, 0, 0)), 0.045),
    (0.7, (0.088, 0, 0), (_QUARTER, 0, 0), (-166, 166), ((0, 0, 0.02), (0, 0, 0.06)), 0.045),
]
"""Of the arm, from its base: kilograms, place and turn on the link before, limits (degrees), ends, radius."""


def arm() -> list[Body]:
    """Seven joints with the distances of Franka's, whose names it has; masses and shapes are simgate's."""
    foot = [Shape((-0.03, 0, 0.06), size=(0.2, 0.18, 0.12))]
    bodies = [Body("panda_link0", 3.0, foot, joint="panda_fixed", colour=_WHITE)]
    for number, (mass, at, turned, limits, ends, radius) in enumerate(_LINKS, 1):
        bodies.append(
            Body(
                f"panda_link{number}",
                mass,
                [Shape(*ends, radius)],
                f"panda_link{number - 1}",
                f"panda_joint{number}",
                at,
                turned,
                (0, 0, 1),
                limits,
                False,
                (400.0, 40.0, 87.0) if number < 5 else (200.0, 15.0, 12.0),
                _WHITE if number % 2 else _BLACK,
            )
        )
    return [*bodies, *_hand("panda_link7")]


def _hand(link: str) -> list[Body]:
    palm, turned = [Shape((0, 0, 0.03), size=(0.05, 0.2, 0.06))], (0, 0, -math.pi / 4)
    hand = Body("panda_hand", 0.7, palm, link, "panda_hand_joint", (0, 0, 0.107), turned, colour=_WHITE)
    fingers = [
        Body(
            f"panda_{side}finger",
            0.015,
            [Shape((0, 0.008 * y, 0.025), size=(0.02, 0.014, 0.05))],
            "panda_hand",
            f"panda_finger_joint{number}",
            (0, 0, 0.0584),
            axis=(0, y, 0),
            limits=(0.0, 0.04),
            slides=True,
            drive=(2000.0, 100.0, 200.0),
            colour=_BLACK,
        )
        for number, (side, y) in enumerate((("left", 1), ("right", -1)), 1)
    ]
    return [hand, *fingers]


def stages() -> dict[str, str]:
    """Text of each stage, by its path below ``Isaac``."""
    franka = [("Physics", "physx"), ("Colliders", "primitives")]
    return {
        "Robots/IsaacSim/Ant/ant_instanceable.usd": stage("ant", ant(), fixed=False),
        "IsaacLab/Robots/Unitree/Go2/go2.usd": stage("quadruped", quadruped(), fixed=False),
        "IsaacLab/Robots/FrankaEmika/franka_panda.usda": stage("arm", arm(), fixed=True, variants=franka),
    }


def main() -> None:
    """Writes all of them."""
    for path, text in stages().items():
        (HERE / path).parent.mkdir(parents=True, exist_ok=True)
        (HERE / path).write_text(text)


if __name__ == "__main__":
    main()
