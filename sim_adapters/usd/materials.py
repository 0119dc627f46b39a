"""Materials of a scene as ``UsdPreviewSurface``, and the one physics material."""

from __future__ import annotations

from pathlib import Path

from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics, UsdShade

from simgate.sim_adapters.scene.body import Material
from simgate.sim_adapters.usd.colour import WHITE_NITS, linear, linear_rgb
from simgate.sim_adapters.usd.paths import LOOKS

TEXTURES = Path(__file__).parent / "textures"
GLASS_IOR = 1.5
FRICTION = 1.0
"""Friction of every contact. MuJoCo combines two surfaces by the larger coefficient, and the world's is 1."""
_PHYSICS = f"{LOOKS}/Contact"


class MaterialLibrary:
    """Defines each material of a scene once, under ``/World/Looks``.

    Args:
        stage: The stage.
    """

    def __init__(self, stage: Usd.Stage) -> None:
        self._stage = stage
        self._known: dict[Material, UsdShade.Material] = {}
        UsdGeom.Scope.Define(stage, LOOKS)
        self._contact = _contact_material(stage)

    def bind(self, prim: Usd.Prim, look: Material) -> None:
        """Gives a prim its look."""
        UsdShade.MaterialBindingAPI.Apply(prim).Bind(self._material(look))

    def bind_contact(self, prim: Usd.Prim) -> None:
        """Gives a collider its friction."""
        binding = UsdShade.MaterialBindingAPI.Apply(prim)
        binding.Bind(self._contact, UsdShade.Tokens.weakerThanDescendants, "physics")

    def _material(self, look: Material) -> UsdShade.Material:
        if look not in self._known:
            path = f"{LOOKS}/Material_{len(self._known)}"
            self._known[look] = _define(self._stage, path, look)
        return self._known[look]


def _define(stage: Usd.Stage, path: str, look: Material) -> UsdShade.Material:
    material = UsdShade.Material.Define(stage, path)
    surface = UsdShade.Shader.Define(stage, f"{path}/Surface")
    surface.CreateIdAttr("UsdPreviewSurface")
    rgb = linear_rgb(look.rgb)
    colour = surface.CreateInput("diffuseColor", Sdf.ValueTypeNames.Color3f)
    if look.pattern == "plain":
        colour.Set(Gf.Vec3f(*rgb))
    else:
        colour.ConnectToSource(_texture(stage, path, look))
    values = {
        "roughness": look.roughness,
        "metallic": 0.0,
        "opacity": look.opacity,
        "clearcoat": look.reflectance,
        "clearcoatRoughness": 0.0,
        "ior": GLASS_IOR,
    }
    for name, value in values.items():
        surface.CreateInput(name, Sdf.ValueTypeNames.Float).Set(value)
    if look.emission > 0.0:
        glow = Gf.Vec3f(*(WHITE_NITS * linear(look.emission * channel) for channel in look.rgb))
        surface.CreateInput("emissiveColor", Sdf.ValueTypeNames.Color3f).Set(glow)
    output = surface.CreateOutput("surface", Sdf.ValueTypeNames.Token)
    material.CreateSurfaceOutput().ConnectToSource(output)
    return material


def _texture(stage: Usd.Stage, path: str, look: Material) -> UsdShade.Output:
    """The pattern's picture, tinted with the material's colour."""
    reader = UsdShade.Shader.Define(stage, f"{path}/Coordinates")
    reader.CreateIdAttr("UsdPrimvarReader_float2")
    reader.CreateInput("varname", Sdf.ValueTypeNames.String).Set("st")
    texture = UsdShade.Shader.Define(stage, f"{path}/Pattern")
    texture.CreateIdAttr("UsdUVTexture")
    picture = TEXTURES / f"{look.pattern}.png"
    texture.CreateInput("file", Sdf.ValueTypeNames.Asset).Set(Sdf.AssetPath(str(picture)))
    texture.CreateInput("sourceColorSpace", Sdf.ValueTypeNames.Token).Set("sRGB")
    for wrap in ("wrapS", "wrapT"):
        texture.CreateInput(wrap, Sdf.ValueTypeNames.Token).Set("repeat")
    texture.CreateInput("scale", Sdf.ValueTypeNames.Float4).Set(Gf.Vec4f(*linear_rgb(look.rgb), 1.0))
    coordinates = reader.CreateOutput("result", Sdf.ValueTypeNames.Float2)
    texture.CreateInput("st", Sdf.ValueTypeNames.Float2).ConnectToSource(coordinates)
    return texture.CreateOutput("rgb", Sdf.ValueTypeNames.Float3)


def _contact_material(stage: Usd.Stage) -> UsdShade.Material:
    material = UsdShade.Material.Define(stage, _PHYSICS)
    api = UsdPhysics.MaterialAPI.Apply(material.GetPrim())
    api.CreateStaticFrictionAttr(FRICTION)
    api.CreateDynamicFrictionAttr(FRICTION)
    api.CreateRestitutionAttr(0.0)
    return material
