"""Where everything of a scene is on its stage."""

from __future__ import annotations

from collections.abc import Iterable

from pxr import Sdf, Tf

from simgate.sim_adapters.scene.scene import Scene

WORLD = "/World"
PHYSICS_SCENE = "/World/PhysicsScene"
LOOKS = "/World/Looks"
BODIES = "/World/Bodies"
ACTORS = "/World/Actors"
LIGHTS = "/World/Lights"
AMBIENT = "/World/Lights/Ambient"
ROBOT = "/World/Robot"
HULL = "/World/Robot/Hull"
CAMERA = "/World/Robot/Camera"
LIDAR = "/World/Robot/Lidar"


class StagePaths:
    """Prim paths of a scene's bodies, actors and lights, and the way back.

    Names that USD does not allow are made valid (``box 1`` becomes ``box_1``), and told apart by a number
    where two become one.

    Args:
        scene: The scene.

    Attributes:
        bodies: Name of a fixed body -> path of its prim.
        actors: Name of an actor's body -> path of its prim.
        lights: Name of a light -> path of its prim.
    """

    def __init__(self, scene: Scene) -> None:
        self.bodies = paths_of(BODIES, (body.name for body in scene.bodies))
        self.actors = paths_of(ACTORS, (actor.body.name for actor in scene.actors))
        self.lights = paths_of(LIGHTS, (light.name for light in scene.lights), taken={"Ambient"})
        self._names = {path: name for table in (self.bodies, self.actors) for name, path in table.items()}

    def body_at(self, path: str) -> str | None:
        """Name of the body whose prim is at ``path`` or above it; None when it is no body's."""
        prefix = Sdf.Path(path)
        while not prefix.isEmpty and prefix != Sdf.Path.absoluteRootPath:
            name = self._names.get(str(prefix))
            if name is not None:
                return name
            prefix = prefix.GetParentPath()
        return None


def is_at_or_below(path: str, root: str) -> bool:
    """Whether a prim is another one, or hangs on it."""
    return f"{path}/".startswith(f"{root}/")


def paths_of(parent: str, names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """A path below a prim for each name, valid and of its own."""
    used = set(taken)
    table: dict[str, str] = {}
    for name in names:
        valid = Tf.MakeValidIdentifier(name)
        number = 2
        while valid in used:
            valid = f"{Tf.MakeValidIdentifier(name)}_{number}"
            number += 1
        used.add(valid)
        table[name] = f"{parent}/{valid}"
    return table
