"""One OpenGL context for a whole host: colour, depth and body masks of any number of scenes.

``mujoco.Renderer`` belongs to one model and costs 130 ms to make, most of it fonts. The context here is made
once; a model only needs the same textures (see :mod:`simgate.sim_adapters.mujoco.build`), the same meshes
and the same image size.
"""

from __future__ import annotations

import hashlib

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco.build import BuiltScene

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


class FrameRenderer:
    """Draws frames of built scenes.

    Args:
        first: A built scene; its textures and image size are everyone's.
    """

    def __init__(self, first: BuiltScene) -> None:
        model = first.model
        self.assets = assets_of(first)
        self.width = int(model.vis.global_.offwidth)
        self.height = int(model.vis.global_.offheight)
        self._gl = mujoco.GLContext(self.width, self.height)
        self._gl.make_current()
        self._context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_50.value)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._context)
        self._context.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR
        self._viewport = mujoco.MjrRect(0, 0, self.width, self.height)
        self._pixels = np.empty((self.height, self.width, 3), dtype=np.uint8)

    @property
    def description(self) -> str:
        """What draws, as OpenGL names itself."""
        from OpenGL import GL

        self._gl.make_current()

        name = GL.glGetString(GL.GL_RENDERER)
        version = GL.glGetString(GL.GL_VERSION)
        return f"{name.decode()}; OpenGL {version.decode()}"

    def draw(self, scene: mujoco.MjvScene) -> None:
        """Draws into the buffer that the next read takes, whoever else has drawn in this process since."""
        self._gl.make_current()
        mujoco.mjr_render(self._viewport, scene, self._context)

    def close(self) -> None:
        """Frees the context; safe to call twice."""
        if self._context is not None:
            self._gl.make_current()
            self._context.free()
            self._gl.free()
            self._context = None


def _room_for(model: mujoco.MjModel) -> int:
    """How many things a scene of a model may draw, decorations such as sites and tendons included."""
    drawn = (model.ngeom, model.nsite, model.ntendon, model.nwrap, model.nflexvert, model.nskin)
    return 2 * int(sum(drawn)) + _SPARE_GEOMS


class SceneView:
    """The drawable state of one built scene.

    Args:
        renderer: The shared context.
        built: The scene.
    """

    def __init__(self, renderer: FrameRenderer, built: BuiltScene) -> None:
        self._renderer = renderer
        self._built = built
        self._scene = mujoco.MjvScene(built.model, _room_for(built.model))
        self._camera = mujoco.MjvCamera()
        self._camera.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._camera.fixedcamid = built.camera
        self._option = mujoco.MjvOption()
        self._option.geomgroup[:] = 1
        self._option.geomgroup[list(built.unseen_groups)] = 0
        self._body_of_segment: NDArray[np.int64] | None = None

    def update(self, data: mujoco.MjData) -> None:
        """Takes over poses and lights."""
        mujoco.mjv_updateScene(
            self._built.model,
            data,
            self._option,
            None,
            self._camera,
            mujoco.mjtCatBit.mjCAT_ALL.value,
            self._scene,
        )

    def color(self, out: NDArray[np.uint8]) -> None:
        """Draws the camera image into ``out``, uint8, shape (H, W, 3)."""
        r = self._renderer
        self._bind()
        r.draw(self._scene)
        mujoco.mjr_readPixels(r._pixels, None, r._viewport, r._context)
        out[:] = r._pixels[::-1]

    def _bind(self) -> None:
        """Tells the context which texture each of this model's materials has, and how far shadows and fog go.

        The context keeps a copy of these from the model it was made for; with another model's table a
        glass leaf is drawn with the wood of the first scene, and frames depend on what was drawn before.
        """
        context, model = self._renderer._context, self._built.model
        extent, far = model.stat.extent, model.vis.map
        context.shadowClip, context.shadowScale = extent * far.shadowclip, far.shadowscale
        context.fogStart, context.fogEnd = extent * far.fogstart, extent * far.fogend
        context.fogRGBA[:] = model.vis.rgba.fog
        context.lineWidth = model.vis.global_.linewidth
        context.mat_texid[: model.mat_texid.size] = model.mat_texid.ravel()
        context.mat_texuniform[: model.nmat] = model.mat_texuniform
        context.mat_texrepeat[: model.mat_texrepeat.size] = model.mat_texrepeat.ravel()

    def bodies(self) -> NDArray[np.int64]:
        """Index of the body seen at each pixel, -1 for none, int64, shape (H, W).

        Glass hides what is behind it here, as any other body does.
        """
        r, scene = self._renderer, self._scene
        scene.flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = 1
        scene.flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = 1
        r.draw(scene)
        mujoco.mjr_readPixels(r._pixels, None, r._viewport, r._context)
        scene.flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = 0
        scene.flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = 0
        pixels = r._pixels[::-1]
        segment = pixels[..., 0].astype(np.int64)
        segment += pixels[..., 1].astype(np.int64) << 8
        return self._segment_table()[segment]

    def _segment_table(self) -> NDArray[np.int64]:
        """Body index by colour id; the order of a scene's geoms does not change within an episode."""
        if self._body_of_segment is None or len(self._body_of_segment) != self._scene.ngeom + 1:
            table = np.full(self._scene.ngeom + 1, -1, dtype=np.int64)
            geom_type = int(mujoco.mjtObj.mjOBJ_GEOM)
            for geom in self._scene.geoms[: self._scene.ngeom]:
                if geom.segid >= 0 and geom.objtype == geom_type:
                    table[geom.segid + 1] = self._built.geom_body[geom.objid]
            self._body_of_segment = table
        return self._body_of_segment

    def depth(self, out: NDArray[np.float32]) -> None:
        """Distance along the optical axis into ``out``, metres, float32, shape (H, W)."""
        r, scene = self._renderer, self._scene
        scene.flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = 1
        scene.flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = 1
        buffer = np.empty((r.height, r.width), dtype=np.float32)
        r.draw(scene)
        mujoco.mjr_readPixels(None, buffer, r._viewport, r._context)
        scene.flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = 0
        scene.flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = 0
        model = self._built.model
        near, far = model.vis.map.znear * model.stat.extent, model.vis.map.zfar * model.stat.extent
        reverse = buffer[::-1].astype(np.float64)
        # ZEROFAR depth runs from 1 at the near plane to 0 at the far plane, linear in 1/z.
        out[:] = (near * far) / (near + reverse * (far - near))
