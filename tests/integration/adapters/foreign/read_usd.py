"""For an interpreter with ``mujoco[usd]``: prints what of a USD file collides in MuJoCo."""

import json
import sys

import mujoco

model = mujoco.MjSpec.from_file(sys.argv[1]).compile()
data = mujoco.MjData(model)
mujoco.mj_forward(model, data)
geoms = {
    model.geom(index).name: {
        "type": int(model.geom_type[index]),
        "size": model.geom_size[index].tolist(),
        "position": data.geom_xpos[index].tolist(),
        "rotation": data.geom_xmat[index].tolist(),
    }
    for index in range(model.ngeom)
    if model.geom_contype[index]
}
robot = model.body("/World/Robot")
print(json.dumps({"geoms": geoms, "mass": robot.mass.tolist(), "inertia": robot.inertia.tolist()}))
