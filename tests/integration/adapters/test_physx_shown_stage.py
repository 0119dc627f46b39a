"""What is published for a renderer, read back from the real ovstage: poses of nested prims, light, products."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import pytest

if find_spec("ovphysx") is None or find_spec("pxr") is None:
    pytest.skip("needs simgate[physx]", allow_module_level=True)

import mujoco
from pxr import Gf, Usd, UsdGeom, UsdLux, UsdRender

# isort: split
import ovstage  # After pxr, or the process may end.

from simgate.sim_adapters.physx.engine import engine
from simgate.sim_adapters.physx.rtx.products import author_product, products_of
from simgate.sim_adapters.physx.rtx.shown_stage import ShownStage

MODEL = """<mujoco><worldbody>
<body name="a" mocap="true" pos="1 2 3" quat=".8 .6 0 0"><geom size=".1"/></body>
<body name="b" mocap="true"><geom size=".1"/></body></worldbody></mujoco>"""
BODIES = {"/Site/Turned/A": 1, "/Site/B": 2}
Read = Callable[[str, str], np.ndarray]


@pytest.fixture(scope="module")
def shown():
    """A stage whose A hangs on a turned, scaled prim and has a camera; B is as tall as ten."""
    engine()
    stage = Usd.Stage.CreateInMemory()
    turned = UsdGeom.Xform.Define(stage, "/Site/Turned")
    turned.AddTranslateOp().Set(Gf.Vec3d(5.0, 0.0, 0.0))
    turned.AddRotateZOp().Set(90.0)
    turned.AddScaleOp().Set(Gf.Vec3f(2.0, 2.0, 2.0))
    UsdGeom.Xform.Define(stage, "/Site/Turned/A").AddTranslateOp().Set(Gf.Vec3d(0.1, 0.2, 0.3))
    UsdGeom.Camera.Define(stage, "/Site/Turned/A/Eye").AddTranslateOp().Set(Gf.Vec3d(0.0, 0.0, 1.0))
    UsdGeom.Cube.Define(stage, "/Site/B").AddScaleOp().Set(Gf.Vec3f(1.0, 1.0, 10.0))
    UsdLux.RectLight.Define(stage, "/Site/Lamp").CreateIntensityAttr(100.0)
    product = author_product(stage, "/Site/Turned/A/Eye", (64, 48))
    model = mujoco.MjModel.from_xml_string(MODEL)
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    made = ShownStage(stage, BODIES, ("/Site/Lamp",), data)
    yield made, stage, model, data, product
    made.close()
    made.close()


@pytest.fixture
def read(shown) -> Read:
    made = shown[0]
    paths = ovstage.PathDictionary(made.native)

    def value(path: str, name: str) -> np.ndarray:
        listed = paths.create_path_list_from_strings([path])
        with (
            made.native.query_from_path_list(listed) as query,
            made.native.read_attributes(
                query, [paths.intern_token(name)], ovstage.OrdinalRange.latest(made.ordinal)
            ) as found,
        ):
            group = found.fetch_next()
            values = np.from_dlpack(group.dlpack(0)).copy()
            made.native.release_group(group)
        paths.destroy_path_list(listed)
        return values[0]

    return value


def test_prims_go_as_rigidly_as_their_bodies_whatever_they_hang_on(shown, read):
    made, stage, model, data, _ = shown
    cache = UsdGeom.XformCache()
    start = {
        path: np.array(cache.GetLocalToWorldTransform(stage.GetPrimAtPath(path)))
        for path in (*BODIES, "/Site/Turned/A/Eye")
    }
    before = {body: body_pose(data, body) for body in BODIES.values()}
    data.mocap_pos[:] = [[-1.0, 0.5, 2.0], [0.0, 3.0, 0.2]]
    data.mocap_quat[:] = [[0.5, 0.5, -0.5, 0.5], [0.6, 0.0, 0.8, 0.0]]
    mujoco.mj_kinematics(model, data)
    ordinal = made.ordinal
    assert made.show(data, np.array([25.0], dtype=np.float32)) == ordinal + 1
    for path, body in {**BODIES, "/Site/Turned/A/Eye": 1}.items():
        moved = np.linalg.inv(before[body]) @ body_pose(data, body)
        np.testing.assert_allclose(read(path, "omni:fabric:worldMatrix"), start[path] @ moved, atol=1e-9)
    assert read("/Site/Lamp", "inputs:intensity") == 25.0


def test_a_product_is_a_render_product_of_usd_with_its_variables(shown, read):
    _, stage, _, _, path = shown
    product = UsdRender.Product(stage.GetPrimAtPath(path))
    assert products_of(stage) == [path]
    assert [str(one) for one in product.GetCameraRel().GetTargets()] == ["/Site/Turned/A/Eye"]
    assert product.GetResolutionAttr().Get() == Gf.Vec2i(64, 48)
    names = [str(one) for one in product.GetOrderedVarsRel().GetTargets()]
    assert names == [f"{path}/LdrColor", f"{path}/DistanceToImagePlaneSD"]
    for name in names:
        source = UsdRender.Var(stage.GetPrimAtPath(name)).GetSourceNameAttr().Get()
        assert read(name, "sourceName") is not None
        assert source == name.rpartition("/")[2]
    assert read("/Site/Turned/A/Eye", "omni:rtx:autoExposure:enabled") == 0
    assert list(read(path, "resolution")) == [64, 48]


def body_pose(data: mujoco.MjData, body: int) -> np.ndarray:
    pose = np.eye(4)
    pose[:3, :3] = data.xmat[body].reshape(3, 3).T
    pose[3, :3] = data.xpos[body]
    return pose
