"""One OpenGL context for a whole host: colour, depth and body masks of any number of scenes.

``mujoco.Renderer`` belongs to one model and costs 130 ms to make, most of it fonts. The context here is made
once; a model only needs the same textures (see :mod:`simgate.sim_adapters.mujoco.build`), the same meshes
and the same image size.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable
from typing import ClassVar, TypeVar

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco.build import UNCOUNTED_GEOM, BuiltScene

Size = tuple[int, int]
P = TypeVar("P", np.uint8, np.float32)

_LAST_OF_A_BYTE = 255
_SPARE_GEOMS = 100
"""Room beside the model's geoms. Room for thousands takes longer to make than a frame to draw."""


def assets_of(built: BuiltScene) -> bytes:
    """What a context keeps of a model: a digest of its pictures, its meshes, and how finely things are drawn.

    All that ``mjr_makeContext`` uploads (MuJoCo, ``src/render/render_context.c``); what it merely copies is
    set anew for each scene, see :class:`SceneView`.
    """
    model = built.model
    h = hashlib.blake2b(digest_size=16)
    quality, visual = model.vis.quality, model.vis
    fineness = (quality.shadowsize, quality.numslices, quality.numstacks, quality.numquads)
    for array in (
        model.tex_data, model.tex_width, model.tex_height, model.tex_type, model.tex_nchannel,
        model.tex_colorspace, model.mesh_vert, model.mesh_vertadr, model.mesh_face, model.mesh_faceadr,
        model.mesh_normal, model.mesh_facenormal, model.mesh_texcoord, model.mesh_facetexcoord,
        model.hfield_data, model.hfield_size, model.hfield_nrow, model.hfield_ncol, model.skin_vert,
        model.skin_face, model.skin_texcoord, np.array(fineness), np.array(visual.map.haze),
        visual.rgba.haze,
    ):  # fmt: skip
        h.update(str(array.shape).encode())
        h.update(np.ascontiguousarray(array).tobytes())
    return h.digest()


_ELEVATIONS = (-45.0, -60.0, -75.0, -89.0)
"""Of a camera from outside, degrees; the first one that sees its robot."""
_OVERVIEW_SIZES, _NEAREST_M = 4.0, 0.6
"""A camera from outside is so many times the robot's reach away, and not nearer than this."""


def far_m(model: mujoco.MjModel) -> float:
    """Distance of the far plane, which a depth reads where nothing is, metres."""
    return float(model.vis.map.zfar * model.stat.extent)


class FrameRenderer:
    """Draws frames of built scenes.

    Args:
        first: A built scene; its textures and image size are everyone's.
    """

    _last: ClassVar[FrameRenderer | None] = None
    """The one of this process that has been made current last; others know of none but these."""

    def __init__(self, first: BuiltScene) -> None:
        model = first.model
        self.assets = assets_of(first)
        self.width = int(model.vis.global_.offwidth)
        self.height = int(model.vis.global_.offheight)
        self._gl = mujoco.GLContext(self.width, self.height)
        self.make_current()
        self._context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_50.value)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._context)
        self._context.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR
        self._buffers: dict[Size, tuple[NDArray[np.uint8], NDArray[np.float32]]] = {}
        self.bound: object = None
        """The view whose materials the context has."""
        self.render_s = 0.0
        """Wall-clock seconds spent drawing so far."""

    @property
    def description(self) -> str:
        """What draws, as OpenGL names itself."""
        from OpenGL import GL

        self.make_current()

        name = GL.glGetString(GL.GL_RENDERER)
        version = GL.glGetString(GL.GL_VERSION)
        return f"{name.decode()}; OpenGL {version.decode()}"

    def make_current(self) -> None:
        """Whoever else has drawn in this process since: what is drawn now is in the buffer that is read."""
        self._gl.make_current()
        FrameRenderer._last = self

    def colours(self, scene: mujoco.MjvScene, size: Size) -> NDArray[np.uint8]:
        """Draws a scene; uint8, shape (H, W, 3), top row first, held until the next call of this size.

        Args:
            scene: What to draw.
            size: Width and height, pixels; no larger than the context's own.
        """
        pixels = self._of(size)[0]
        self._draw(scene, size, pixels, None)
        return pixels[::-1]

    def nearness(self, scene: mujoco.MjvScene, size: Size) -> NDArray[np.float32]:
        """1 at the near plane, 0 at the far one and where nothing is, linear in 1/z; as :meth:`colours`."""
        depth = self._of(size)[1]
        self._draw(scene, size, None, depth)
        return depth[::-1]

    def _of(self, size: Size) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        if size not in self._buffers:
            width, height = size
            self._buffers[size] = (
                np.empty((height, width, 3), np.uint8),
                np.empty((height, width), np.float32),
            )
        return self._buffers[size]

    def _draw(
        self,
        scene: mujoco.MjvScene,
        size: Size,
        pixels: NDArray[np.uint8] | None,
        depth: NDArray[np.float32] | None,
    ) -> None:
        began = time.perf_counter()
        if FrameRenderer._last is not self:
            self.make_current()
        viewport = mujoco.MjrRect(0, 0, *size)
        mujoco.mjr_render(viewport, scene, self._context)
        mujoco.mjr_readPixels(pixels, depth, viewport, self._context)
        self.render_s += time.perf_counter() - began

    def close(self) -> None:
        """Frees the context; safe to call twice."""
        if self._context is not None:
            self.make_current()
            self._context.free()
            self._gl.free()
            self._context = FrameRenderer._last = None


def _reach_of(model: mujoco.MjModel, body: int) -> float:
    """How far the robot that a body is the root of reaches from it, metres; of its shapes that end."""
    family = {body}
    for child in range(body + 1, model.nbody):  # Parents come before their children.
        if int(model.body_parentid[child]) in family:
            family.add(child)
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    shapes = [g for g in range(model.ngeom) if int(model.geom_bodyid[g]) in family]
    reaches = [
        float(np.linalg.norm(data.geom_xpos[g] - data.xpos[body])) + float(model.geom_rbound[g])
        for g in shapes
    ]
    return max(reaches, default=0.0)


def _room_for(model: mujoco.MjModel) -> int:
    """How many things a scene of a model may draw, decorations such as sites and tendons included."""
    drawn = (model.ngeom, model.nsite, model.ntendon, model.nwrap, model.nflexvert, model.nskin)
    return 2 * int(sum(drawn)) + _SPARE_GEOMS


class SceneView:
    """The drawable state of one built scene; see also :class:`.sight.Sight`.

    Args:
        renderer: The shared context.
        built: The scene.
        size: Width and height of its pictures; the context's own when left out.
        looking_at: Body that a free camera looks at from outside; None for the scene's own camera.
    """

    def __init__(
        self,
        renderer: FrameRenderer,
        built: BuiltScene,
        size: Size | None = None,
        looking_at: int | None = None,
    ) -> None:
        self._renderer = renderer
        self._size = size or (renderer.width, renderer.height)
        self._built = built
        self._scene = mujoco.MjvScene(built.model, _room_for(built.model))
        self._camera = mujoco.MjvCamera()
        if looking_at is None:
            self._camera.type = mujoco.mjtCamera.mjCAMERA_FIXED
            self._camera.fixedcamid = built.camera
        else:
            mujoco.mjv_defaultFreeCamera(built.model, self._camera)
            self._camera.type = mujoco.mjtCamera.mjCAMERA_TRACKING
            self._camera.trackbodyid = looking_at
            self._camera.distance = max(_OVERVIEW_SIZES * _reach_of(built.model, looking_at), _NEAREST_M)
            self._looking_at = looking_at
        self._option = mujoco.MjvOption()
        self._option.geomgroup[:] = 1
        self._option.geomgroup[list(built.unseen_groups)] = 0
        self.owners = np.empty(0, dtype=np.int64)
        self.opacity = np.empty(0)
        self._things: list[mujoco.MjvGeom] = []
        self._bodies: NDArray[np.int64] | None = None
        self._clear: NDArray[np.bool_] | None = None

    def look_over_walls(self, data: mujoco.MjData) -> None:
        """Raises the camera from outside until nothing but the robot itself is before the robot."""
        model, body, camera = self._built.model, self._looking_at, self._camera
        met = np.zeros(1, np.int32)
        for camera.elevation in _ELEVATIONS:
            up, turn = math.radians(-camera.elevation), math.radians(camera.azimuth)
            way = np.array([-math.cos(turn) * math.cos(up), -math.sin(turn) * math.cos(up), math.sin(up)])
            far = mujoco.mj_ray(model, data, data.xpos[body], way, None, 1, body, met)
            is_robot = model.body_rootid[model.geom_bodyid[met[0]]] == model.body_rootid[body]
            if not 0.0 <= far <= camera.distance or is_robot:
                return

    def update(self, data: mujoco.MjData) -> None:
        """Takes over poses and lights, before all that is drawn of a moment."""
        self._renderer.make_current()
        mujoco.mjv_updateScene(
            self._built.model,
            data,
            self._option,
            None,
            self._camera,
            mujoco.mjtCatBit.mjCAT_ALL.value,
            self._scene,
        )
        self._bodies = self._clear = None
        if len(self.owners) != self._scene.ngeom:  # Their order does not change within an episode.
            # Made once: each of them is a new object, and there are more of them than are drawn.
            self._things = list(self._scene.geoms[: self._scene.ngeom])
            self.owners = np.array([self._owner(thing) for thing in self._things], dtype=np.int64)
            self.opacity = np.array([thing.rgba[3] for thing in self._things])
            self._owner_of = np.append(-1, self.owners)
            self._is_pane = np.append(False, self.opacity < 1.0)

    def _owner(self, thing: mujoco.MjvGeom) -> int:
        """Body that a drawn thing belongs to; a site or tendon is no body's."""
        is_geom = thing.segid >= 0 and thing.objtype == int(mujoco.mjtObj.mjOBJ_GEOM)
        return int(self._built.geom_body[thing.objid]) if is_geom else UNCOUNTED_GEOM

    def color(self, out: NDArray[np.uint8]) -> None:
        """Draws the camera image into ``out``, uint8, shape (H, W, 3)."""
        self._bind()
        out[:] = self._renderer.colours(self._scene, self._size)

    def _bind(self) -> None:
        """Tells the context which texture each of this model's materials has, and how far shadows and fog go.

        The context keeps a copy of these from the model it was made for; with another model's table a
        glass leaf is drawn with the wood of the first scene, and frames depend on what was drawn before.
        """
        if self._renderer.bound is self:
            return
        self._renderer.bound = self
        context, model = self._renderer._context, self._built.model
        extent, far = model.stat.extent, model.vis.map
        context.shadowClip, context.shadowScale = extent * far.shadowclip, far.shadowscale
        context.fogStart, context.fogEnd = extent * far.fogstart, extent * far.fogend
        context.fogRGBA[:] = model.vis.rgba.fog
        context.lineWidth = model.vis.global_.linewidth
        context.mat_texid[: model.mat_texid.size] = model.mat_texid.ravel()
        context.mat_texuniform[: model.nmat] = model.mat_texuniform
        context.mat_texrepeat[: model.mat_texrepeat.size] = model.mat_texrepeat.ravel()

    @property
    def bodies(self) -> NDArray[np.int64]:
        """Index of the body that is in front at each pixel, glass too, negative for none; shape (H, W)."""
        self._look()
        assert self._bodies is not None
        return self._bodies

    @property
    def clear(self) -> NDArray[np.bool_]:
        """Whether what is in front at each pixel lets light through, shape (H, W)."""
        self._look()
        assert self._clear is not None
        return self._clear

    def _look(self) -> None:
        if self._bodies is not None:
            return
        pixels = self._drawn_as_numbers(self._renderer.colours)
        number = pixels[..., 0].astype(np.intp)  # 0 where nothing is, else the thing's place + 1.
        if len(self.owners) > _LAST_OF_A_BYTE:
            number += pixels[..., 1].astype(np.intp) << 8
        self._bodies = self._owner_of.take(number)
        self._clear = self._is_pane.take(number)

    def depth_of(self, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Depth of some of the things, (N,), as if the others were not there, metres, shape (H, W)."""
        left_out = [thing for thing, keep in zip(self._things, chosen.tolist(), strict=True) if not keep]
        numbers = [thing.segid for thing in left_out]
        for thing in left_out:
            thing.segid = -1  # Not drawn where things are drawn as numbers.
        nearness = self._drawn_as_numbers(self._renderer.nearness)
        for thing, number in zip(left_out, numbers, strict=True):
            thing.segid = number
        depth, drawn = np.full(nearness.shape, np.inf), nearness > 0.0
        depth[drawn] = self._metres(nearness[drawn])
        return depth

    def _drawn_as_numbers(self, draw: Callable[[mujoco.MjvScene, Size], NDArray[P]]) -> NDArray[P]:
        """Draws without light and colour: each thing in its number."""
        flags = self._scene.flags
        flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = 1
        drawn = draw(self._scene, self._size)
        flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = 0
        return drawn

    def _metres(self, nearness: NDArray[np.float32]) -> NDArray[np.float64]:
        model = self._built.model
        near, far = model.vis.map.znear * model.stat.extent, far_m(model)
        metres: NDArray[np.float64] = (near * far) / (near + nearness.astype(np.float64) * (far - near))
        return metres

    def depth(self, out: NDArray[np.float32]) -> None:
        """Distance along the optical axis into ``out``, metres, float32, shape (H, W)."""
        out[:] = self._metres(self._drawn_as_numbers(self._renderer.nearness))
