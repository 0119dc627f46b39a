"""The loop an engineer writes in an afternoon: one file, no harness, nothing recorded.

It simulates, draws (colour, body masks, and each labelled body by itself, for the pack judges persons of whom
no more than half is hidden), adds the camera's imperfections, runs the model, delays its results and drives,
for the same variants as the harness. It is the yardstick of ``overhead.py``; it keeps no trace and no score,
and survives nothing.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace

import mujoco
import numpy as np

from simgate.harness.expansion.variant import Variant, objects_of
from simgate.policies.door_navigator import DoorNavigator
from simgate.policies.driving import Mission
from simgate.policies.perception.outputs import Boxes
from simgate.policies.perception.package import ModelPackage
from simgate.policies.perception.runtimes.onnxruntime_runtime import OnnxRuntime
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.build import GROUP_ROBOT, build_model
from simgate.sim_adapters.planar_drive import drive_observation, planar_drive
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.sensor import Camera, Lidar
from simgate.sim_adapters.sensors.effects import apply_effects
from simgate.sim_adapters.worlds.office_corridor import OFFICE_CORRIDOR

ROBOT = planar_drive(Robot((0.0, 0.0, 0.0)), Camera(), Lidar(), 10, 10)

TIMING = Timing(200, 10, 10)
WIDTH, HEIGHT = 160, 120


@dataclass
class Graphics:
    """An OpenGL context that all variants share."""

    gl: mujoco.GLContext
    context: mujoco.MjrContext
    viewport: mujoco.MjrRect
    option: mujoco.MjvOption
    pixels: np.ndarray


def open_graphics(model: mujoco.MjModel) -> Graphics:
    gl = mujoco.GLContext(WIDTH, HEIGHT)
    gl.make_current()
    context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_50.value)
    mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, context)
    option = mujoco.MjvOption()
    option.geomgroup[:] = 1
    option.geomgroup[GROUP_ROBOT] = 0
    return Graphics(
        gl, context, mujoco.MjrRect(0, 0, WIDTH, HEIGHT), option, np.empty((HEIGHT, WIDTH, 3), np.uint8)
    )


class Afternoon:
    """Runs variants one after the other."""

    def __init__(self, package: ModelPackage) -> None:
        self.package = package
        self.model = OnnxRuntime(package)
        self.policy = DoorNavigator(control_hz=TIMING.control_hz, options={})
        self.graphics: Graphics | None = None

    def run(self, variant: Variant, time_limit_s: float) -> int:
        """Returns the physics step at which it ended."""
        placed = objects_of(variant)
        scene = OFFICE_CORRIDOR.build(variant.parameters, placed)
        built = build_model(scene, TIMING)
        model, data = built.model, mujoco.MjData(built.model)
        if self.graphics is None:
            self.graphics = open_graphics(model)
        g = self.graphics
        g.context.mat_texid[: model.mat_texid.size] = model.mat_texid.ravel()
        g.context.mat_texuniform[: model.nmat] = model.mat_texuniform
        g.context.mat_texrepeat[: model.mat_texrepeat.size] = model.mat_texrepeat.ravel()
        view = mujoco.MjvScene(model, 2000)
        camera = mujoco.MjvCamera()
        camera.type, camera.fixedcamid = mujoco.mjtCamera.mjCAMERA_FIXED, 0
        data.qpos[2] = scene.robot.start[2]

        def walk(step: int) -> None:
            for actor, mocap in zip(scene.actors, built.mocap_ids, strict=True):
                position, heading = actor.pose_at(step / TIMING.physics_hz)
                data.mocap_pos[mocap] = position
                data.mocap_quat[mocap] = math.cos(heading / 2), 0, 0, math.sin(heading / 2)

        walk(0)
        mujoco.mj_forward(model, data)

        lidar = scene.lidar
        beams = np.linspace(-1, 1, lidar.beams) * math.radians(lidar.fov_deg) / 2
        rays, hits, ranges = (
            np.zeros((lidar.beams, 3)),
            np.zeros(lidar.beams, np.int32),
            np.zeros(lidar.beams),
        )
        solid = np.array([1, 0, 0, 0, 0, 0], np.uint8)
        robot_id = model.body("robot").id
        bodies = [*scene.bodies, *(actor.body for actor in scene.actors)]
        labelled = [
            k for k, name in enumerate(built.names) if any(b.label and b.name == name for b in bodies)
        ]
        hidden = dict.fromkeys(labelled, 1.0)
        task, start = scene.task, scene.robot.start
        self.policy.reset(
            [Mission(task.goal, task.goal_radius_m, scene.robot.radius_m, scene.robot.max_speed_mps).brief()],
            ROBOT,
        )
        in_flight: deque[tuple[int, Boxes]] = deque()
        rgb = np.empty((1, HEIGHT, WIDTH, 3), np.uint8)
        step, frame, touched_at = 0, 0, None
        flickers = any(light.flicker_hz * light.flicker_depth for light in scene.lights)
        if flickers:
            raise ValueError("an afternoon was not enough for flickering lights")
        while True:
            mujoco.mjv_updateScene(
                model, data, g.option, None, camera, mujoco.mjtCatBit.mjCAT_ALL.value, view
            )
            mujoco.mjr_render(g.viewport, view, g.context)
            mujoco.mjr_readPixels(g.pixels, None, g.viewport, g.context)
            rgb[0] = g.pixels[::-1]
            view.flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = view.flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = 1
            mujoco.mjr_render(g.viewport, view, g.context)
            mujoco.mjr_readPixels(g.pixels, None, g.viewport, g.context)
            segments = g.pixels[::-1, :, 0].astype(np.int64) + (g.pixels[::-1, :, 1].astype(np.int64) << 8)
            things = view.geoms[: view.ngeom]
            owner = np.array([-1, *(built.geom_body[t.objid] for t in things)])
            for body in labelled:
                if not (seen_pixels := np.count_nonzero(owner[segments] == body)):
                    continue
                numbers = [thing.segid for thing in things]
                for thing, of in zip(things, owner[1:], strict=True):
                    thing.segid = thing.segid if of == body else -1
                mujoco.mjr_render(g.viewport, view, g.context)
                mujoco.mjr_readPixels(g.pixels, None, g.viewport, g.context)
                for thing, number in zip(things, numbers, strict=True):
                    thing.segid = number
                hidden[body] = 1.0 - seen_pixels / np.count_nonzero(g.pixels[..., :2].any(axis=-1))
            view.flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = view.flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = 0

            x, y, yaw = (
                data.qpos[0] + start[0],
                data.qpos[1] + start[1],
                math.remainder(data.qpos[2], math.tau),
            )
            speed = data.qvel[0] * math.cos(yaw) + data.qvel[1] * math.sin(yaw)
            rays[:, 0], rays[:, 1] = np.cos(beams + yaw), np.sin(beams + yaw)
            origin = np.array([x, y, lidar.height_m])
            mujoco.mj_multiRay(
                model,
                data,
                origin,
                rays.reshape(-1),
                solid,
                True,
                robot_id,
                hits,
                ranges,
                None,
                lidar.beams,
                lidar.range_m,
            )
            seen = np.where((hits >= 0) & (ranges <= lidar.range_m), ranges, np.inf)

            shown = apply_effects(rgb[0], scene.effects, variant.seed, frame)
            if shown is not None:
                (found,) = self.model.infer(shown[None])
                delay = self.package.latency.sample_ms(variant.seed, frame)
                due = step + math.ceil(delay * TIMING.physics_hz / 1000)
                in_flight.append((due, replace(found, frame_step=step)))
            frame += 1
            fresh = None
            while in_flight and in_flight[0][0] <= step:
                fresh = in_flight.popleft()[1]
            observation = drive_observation(
                step, step, rgb, seen[None], np.array([[x, y, yaw]]), np.array([[speed, data.qvel[2]]])
            )
            (decision,) = self.policy.act(observation, [fresh])
            goal_gap = math.hypot(task.goal[0] - x, task.goal[1] - y)
            if decision.done or goal_gap <= task.goal_radius_m or step >= time_limit_s * TIMING.physics_hz:
                break
            if touched_at is not None and step - touched_at >= TIMING.physics_hz // 2:
                break
            top, turn = scene.robot.max_speed_mps, scene.robot.max_yaw_rate_rps
            data.ctrl[:] = (
                np.clip(decision.values[0], -top, top),
                0.0,
                np.clip(decision.values[1], -turn, turn),
            )
            for _ in range(TIMING.control_steps):
                walk(step)
                mujoco.mj_step(model, data)
                step += 1
                if data.ncon and touched_at is None and (data.contact.dist[: data.ncon] <= 0).any():
                    touched_at = step
            walk(step)
            mujoco.mj_kinematics(model, data)
            mujoco.mj_camlight(model, data)
        assert all(0.0 <= share <= 1.0 for share in hidden.values())
        return step
