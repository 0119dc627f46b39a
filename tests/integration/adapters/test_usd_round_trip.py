"""MuJoCo's own USD importer reads back the collision geometry of the scene.

It brings an OpenUSD of its own, so that it belongs to another environment: ``python -m venv DIR``,
``DIR/bin/pip install 'mujoco[usd]'``, then ``SIMGATE_MUJOCO_USD_PYTHON=DIR/bin/python``.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("pxr", reason="needs simgate[usd]")

import mujoco

from simgate.sim_adapters.mujoco.build import build_model
from simgate.sim_adapters.usd.paths import HULL, StagePaths
from simgate.sim_adapters.usd.stage import write_stage
from tests.unit.sim_adapters.usd.scenes import TIMING, built, office, random_office

PYTHON = os.environ.get("SIMGATE_MUJOCO_USD_PYTHON")
NUMBERS = {
    mujoco.mjtGeom.mjGEOM_BOX: 3,
    mujoco.mjtGeom.mjGEOM_CYLINDER: 2,
    mujoco.mjtGeom.mjGEOM_CAPSULE: 2,
    mujoco.mjtGeom.mjGEOM_SPHERE: 1,
}
READER = Path(__file__).parent / "foreign" / "read_usd.py"


@pytest.mark.skipif(PYTHON is None, reason="SIMGATE_MUJOCO_USD_PYTHON names no interpreter with mujoco[usd]")
@pytest.mark.parametrize(
    "made", [office(), *map(random_office, range(4))], ids=lambda made: made.task.barrier
)
def test_mujoco_reads_the_same_collision_geometry_back(made, tmp_path):
    path, *_ = write_stage(built(made), tmp_path / "scene.usda")
    done = subprocess.run(
        [PYTHON, str(READER), str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)

    model = build_model(made, TIMING).model
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    paths = StagePaths(made)
    ours = {HULL: model.geom("hull").id}
    bodies = [(paths.bodies[body.name], body) for body in made.bodies]
    bodies += [(paths.actors[actor.body.name], actor.body) for actor in made.actors]
    for prim, body in bodies:
        for number, part in enumerate(body.parts):
            if part.collides:
                ours[f"{prim}/Part_{number}"] = model.geom(f"geom/{body.name}/{number}").id

    assert found["geoms"].keys() == ours.keys()
    for name, index in ours.items():
        theirs = found["geoms"][name]
        assert theirs["type"] == model.geom_type[index], name
        used = NUMBERS[mujoco.mjtGeom(theirs["type"])]
        assert theirs["size"][:used] == pytest.approx(model.geom_size[index][:used].tolist(), abs=1e-6), name
        if not name.startswith("/World/Actors") and name != HULL:
            assert theirs["position"] == pytest.approx(data.geom_xpos[index], abs=1e-6), name
            assert theirs["rotation"] == pytest.approx(data.geom_xmat[index], abs=1e-6), name
    robot = made.robot
    assert found["mass"] == pytest.approx([robot.mass_kg])
    assert found["inertia"][2] == pytest.approx(robot.yaw_inertia_kgm2)
