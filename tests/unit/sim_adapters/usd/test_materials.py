import pytest

pytest.importorskip("pxr", reason="needs simgate[usd]")

from pxr import UsdShade

from simgate.sim_adapters.conformance import scene
from simgate.sim_adapters.scene.body import Body, Material, Part
from simgate.sim_adapters.usd.colour import WHITE_NITS, linear
from tests.unit.sim_adapters.usd.scenes import built, office


def surface(look, kind="box"):
    body = Body("b", (Part(kind, (0.1, 0.1, 0.1), material=look, collides=False),))
    stage = built(scene(body))
    prim = stage.GetPrimAtPath("/World/Bodies/b/Part_0")
    material = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial()[0]
    return material.ComputeSurfaceSource()[0]


def value(look, name):
    return surface(look).GetInput(name).Get()


def test_colours_are_linear_light():
    assert tuple(value(Material(rgb=(0.5, 1.0, 0.0)), "diffuseColor")) == pytest.approx(
        (0.214041, 1.0, 0.0), abs=1e-5
    )


def test_linear_light_has_the_values_of_the_standard():
    assert [linear(level) for level in (0.0, 0.04045, 0.5, 1.0)] == pytest.approx(
        [0.0, 0.0031308, 0.2140411, 1.0], abs=1e-6
    )


def test_glass_is_clear_and_refracts():
    glass = Material(rgb=(0.6, 0.8, 0.7), opacity=0.12, roughness=0.05)
    assert value(glass, "opacity") == pytest.approx(0.12)
    assert value(glass, "ior") == pytest.approx(1.5)
    assert value(glass, "roughness") == pytest.approx(0.05)


def test_a_mirroring_floor_has_a_clear_coat():
    assert value(Material(reflectance=0.3), "clearcoat") == pytest.approx(0.3)


def test_a_glowing_surface_is_as_bright_as_white_at_the_reference():
    glow = value(Material(rgb=(1.0, 1.0, 0.5), emission=1.0), "emissiveColor")
    assert tuple(glow) == pytest.approx((WHITE_NITS, WHITE_NITS, WHITE_NITS * linear(0.5)), rel=1e-5)


def test_what_does_not_glow_says_nothing_of_it():
    assert not surface(Material()).GetInput("emissiveColor")


def test_a_pattern_is_a_tinted_picture():
    shader = surface(Material(rgb=(0.5, 0.5, 0.5), pattern="checker"))
    source = shader.GetInput("diffuseColor").GetConnectedSources()[0][0].source
    texture = UsdShade.Shader(source.GetPrim())
    assert texture.GetIdAttr().Get() == "UsdUVTexture"
    assert texture.GetInput("scale").Get()[0] == pytest.approx(linear(0.5))
    assert texture.GetInput("file").Get().resolvedPath.endswith("checker.png")


def test_a_round_part_has_the_plain_colour_of_its_pattern():
    shader = surface(Material(rgb=(0.5, 0.5, 0.5), pattern="grain"), kind="cylinder")
    assert shader.GetInput("diffuseColor").Get()[0] == pytest.approx(linear(0.5))


def test_each_material_is_defined_once():
    stage = built(office())
    made = [
        prim for prim in stage.GetPrimAtPath("/World/Looks").GetChildren() if "Material" in prim.GetName()
    ]
    looks = {part.material for body in office().bodies for part in body.parts}
    assert len(made) <= len(looks) + len({p.material for p in office().actors[0].body.parts}) + 1


def test_a_patterned_collider_is_an_unseen_primitive_under_a_picture():
    stage = built(office(door__kind="wood"))
    pane = stage.GetPrimAtPath("/World/Bodies/door/Part_0")
    look = stage.GetPrimAtPath("/World/Bodies/door/Part_0_Look")
    assert (pane.GetTypeName(), pane.GetAttribute("purpose").Get()) == ("Cube", "guide")
    assert look.GetTypeName() == "Mesh"
    assert not look.HasAPI("PhysicsCollisionAPI")
