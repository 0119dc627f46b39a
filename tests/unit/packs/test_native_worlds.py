"""``world: {mjcf: FILE}``: what is read, and every mistake at its place with what to write instead."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from simgate.harness import registry
from simgate.harness.cli.main import main
from simgate.harness.exit_codes import ExitCode
from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.expansion.scene_key import SceneKeys, appearance_of
from simgate.harness.packs.loader import lint, load_pack, pack_files
from simgate.harness.packs.model import Pack
from simgate.harness.packs.worlds import DECLARED_WORLDS_ONLY, UnfitAdapter, require_fit, world_of
from simgate.harness.scoring import metrics
from simgate.harness.sources.import_guard import ImportGuard
from simgate.sim_adapters.traits import traits_of
from tests.unit.packs.mistakes import assert_reported
from tests.unit.packs.sound_pack import SOUND
from tests.unit.sim_adapters.native_sites import write_yard

PACK = """\
simgate: 1
pack: yard
policy: door_navigator
sim: {adapter: mujoco}
scenarios:
  pane:
    title: A pane of glass stands in the yard
    severity: critical
    world:
      mjcf: yard.xml
      robot: {body: cart, camera: front}
      goal: dock
      goal_radius_m: 0.4
      labels: {pane: glass_door}
      barrier: {pane: glass}
      open_from: {pane.turn_deg: 60}
      set:
        cube.x_m: body/cube.pos.x
        pane.turn_deg: body/pane.turn_deg
        pane.tint: {target: material/clear.rgba.a, between: [0.1, 0.6], meaning: How dark the pane is.}
        cube.look: {target: geom/cube.rgba, choices: {red: [0.8, 0.1, 0.1], blue: [0.1, 0.1, 0.8]}}
        cube.there: body/cube.present
    parameters:
      cube.x_m: {uniform: [2.5, 3.5]}
      cube.look: {choice: [red, blue]}
      pane.tint: {expr: "clip(cube.x_m / 10, 0.2, 0.5)"}
    where:
      - cube.x_m > 2.6
    variants: {count: 30}
    accept: {collisions: {at_most: 0}}
"""


def write(folder: Path, text: str = PACK) -> Path:
    write_yard(folder)
    path = folder / "pack.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_sound_pack_becomes_a_world_with_its_own_parameters(tmp_path: Path) -> None:
    pack = load_pack(write(tmp_path), metrics)
    (scenario,) = pack.scenarios
    native = scenario.native
    assert native is not None
    assert (native.file, native.goal, native.goal_radius_m) == ("yard.xml", (4.0, 1.5), 0.4)
    assert scenario.world == f"mjcf:yard.xml@{native.sha256[:12]}"
    world = world_of(pack, scenario)
    assert world.parameters["pane.tint"].high == 0.6
    assert world.parameters["pane.tint"].meaning == "How dark the pane is."
    assert world.parameters["cube.look"].choices == ("red", "blue")
    assert world.parameters["cube.look"].default == "red"
    assert {"camera.noise_std", "robot.start_x_m"} <= set(world.parameters)


def test_values_travel_from_the_pack_to_the_targets(tmp_path: Path) -> None:
    pack = load_pack(write(tmp_path), metrics)
    (scenario,) = pack.scenarios
    for variant in expand_scenario(pack, scenario, 8):
        x = variant.parameters["cube.x_m"]
        assert 2.6 < float(x) <= 3.5
        scene = world_of(pack, scenario).build(variant.parameters, ())
        assert scene.native is not None
        values = dict(scene.native.values)
        assert values["body/cube.pos.x"] == x
        assert values["material/clear.rgba.a"] == variant.parameters["pane.tint"]
        red = variant.parameters["cube.look"] == "red"
        assert values["geom/cube.rgba"] == ((0.8, 0.1, 0.1) if red else (0.1, 0.1, 0.8))


def test_designs_know_the_parameters_of_a_file(tmp_path: Path) -> None:
    text = PACK.replace(
        "cube.x_m: {uniform: [2.5, 3.5]}", "cube.x_m: {grid: [2.7, 3]}\n      cube.there: {bool: 0.5}"
    )
    pack = load_pack(write(tmp_path, text.replace("{count: 30}", "{count: 30, method: pairwise}")), metrics)
    seen = {
        (v.parameters["cube.x_m"], v.parameters["cube.there"], v.parameters["cube.look"])
        for v in expand_scenario(pack, pack.scenarios[0])
    }
    assert {(x, there) for x, there, _ in seen} == {(x, there) for x in (2.7, 3.0) for there in (True, False)}


def test_a_pack_survives_its_way_through_json(tmp_path: Path) -> None:
    pack = load_pack(write(tmp_path), metrics)
    assert Pack.model_validate_json(pack.model_dump_json()) == pack
    assert Pack.model_validate(json.loads(json.dumps(pack.model_dump(mode="json")))) == pack


def test_packs_without_a_file_are_written_as_before(tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text(SOUND, encoding="utf-8")
    dumped = load_pack(tmp_path / "pack.yaml", metrics).model_dump(mode="json")
    assert all("native" not in scenario for scenario in dumped["scenarios"])


def test_another_site_is_another_pack_and_another_variant(tmp_path: Path) -> None:
    path = write(tmp_path)
    before = load_pack(path, metrics)
    site = tmp_path / "yard.xml"
    site.write_text(site.read_text().replace('pos="5.1 0 1"', 'pos="5.2 0 1"'))
    after = load_pack(path, metrics)
    assert before.source_sha256 != after.source_sha256
    first = [expand_scenario(pack, pack.scenarios[0], 1)[0] for pack in (before, after)]
    assert first[0].parameters == first[1].parameters
    assert first[0].digest != first[1].digest
    files, digest = pack_files(path)
    assert (files, digest) == ([path, site], after.source_sha256)


def test_the_place_of_the_pack_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    packs = [load_pack(write(tmp_path / name), metrics) for name in "ab"]
    digests = [[v.digest for v in expand_scenario(pack, pack.scenarios[0], 3)] for pack in packs]
    assert digests[0] == digests[1]


def test_a_path_starts_at_the_file_in_which_it_stands(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "packs").mkdir()
    write_yard(tmp_path / "site")
    base = PACK.replace("simgate: 1\n", "").replace("pack: yard\n", "")
    (tmp_path / "site" / "base.yaml").write_text(base, encoding="utf-8")
    path = tmp_path / "packs" / "pack.yaml"
    path.write_text("simgate: 1\npack: yard\nextends: ../site/base.yaml\n", encoding="utf-8")
    native = load_pack(path, metrics).scenarios[0].native
    assert native is not None
    assert native.file == "../site/yard.xml"


def test_a_camera_can_be_mounted_by_the_pack(tmp_path: Path) -> None:
    text = PACK.replace(
        "camera: front", "camera: {position: [0.2, 0, 0.6], pitch_deg: 5, width: 320, height: 240}"
    )
    pack = load_pack(write(tmp_path, text), metrics)
    native = pack.scenarios[0].native
    assert native is not None
    assert native.camera_name is None
    assert (native.camera.width, native.camera.position, native.camera.pitch_deg) == (
        320,
        (0.2, 0.0, 0.6),
        5.0,
    )


MISTAKES = [
    ("missing-file", "mjcf: yard.xml", "mjcf: @yrd.xml", "looked for"),
    ("missing-file", "mjcf: yard.xml", "mjcf: @.", "looked for"),
    ("missing-key", "      mjcf: yard.xml\n      robot", "      @robot", "add mjcf: FILE"),
    ("wrong-value", "mjcf: yard.xml\n", "mjcf: yard.xml\n      @usd: yard.usda\n", "leave one of them out"),
    ("missing-key", "{body: cart, camera: front}", "@{body: cart}", "add camera"),
    ("missing-key", "      goal: dock\n", "", "add goal"),
    ("unknown-key", "goal_radius_m: 0.4", "@goal_radius: 0.4", "did you mean 'goal_radius_m'?"),
    ("unknown-key", "camera: front}", "camera: front, @top_speed: 1}", "known: body, camera"),
    ("unknown-element", "body: cart", "body: @card", "did you mean 'cart'?"),
    ("native-file", "body: cart", "body: @arm", "name the body that holds the whole robot, for example 'cart'"),
    ("unknown-element", "camera: front", "camera: @frnt", "did you mean 'front'?"),
    ("unknown-element", "camera: front", "camera: @fixed", "on it: front, rear"),
    ("unknown-element", "camera: front}", "camera: front, pose: @reech}", "did you mean 'reach'?"),
    ("unknown-element", "goal: dock", "goal: @dok", "did you mean 'dock'?"),
    ("wrong-type", "goal: dock", "goal: @[1, 2, 3]", ""),
    ("unknown-element", "labels: {pane", "labels: {@pain", "did you mean 'pane'?"),
    ("unknown-element", "barrier: {pane", "barrier: {@window", "known: "),
    ("unknown-parameter", "open_from: {pane.turn_deg", "open_from: {@pane.turn", "did you mean 'pane.turn_deg'?"),
    ("unknown-target", "cube.x_m: body/cube.pos.x", "cube.x_m: @body/cub.pos.x", "did you mean 'cube'?"),
    ("unknown-target", "cube.x_m: body/cube.pos.x", "cube.x_m: @body/cube.pos", "say which: pos.x"),
    ("unknown-target", "cube.x_m: body/cube.pos.x", "cube.x_m: @joint/shoulder.start_deg", "pose: KEY"),
    ("bad-name", "cube.x_m: body/cube.pos.x", "@body/cube.pos.x: {uniform: [2, 3]}", "write cube.pos.x: body/cube.pos.x"),
    ("bad-name", "cube.there: body", "@camera.noise_std: body", "take another name"),
    ("unknown-key", "cube.x_m: body/cube.pos.x", "cube.x_m: {@uniform: [2, 3]}", "the value under parameters"),
    ("parameter-range", "between: [0.1, 0.6]", "between: [0.1, @1.6]", ""),
    ("parameter-range", "between: [0.1, 0.6]", "between: @[0.4, 0.6]", "widen the range"),
    ("empty-range", "between: [0.1, 0.6]", "between: @[0.6, 0.1]", ""),
    ("wrong-value", "red: [0.8, 0.1, 0.1], ", "", "add one, for example as_is: [0.8, 0.1, 0.1, 1]"),
    ("wrong-type", "blue: [0.1, 0.1, 0.8]", "blue: @[0.1, 0.1]", ""),
    ("parameter-range", "blue: [0.1, 0.1, 0.8]", "blue: [0.1, 0.1, @8]", ""),
    (
        "wrong-value", "cube.there: body/cube.present",
        "cube.there: {target: [body/cube.pos.y, @body/cube.pos.z]}", "make two parameters of them",
    ),
    (
        "wrong-value", "cube.there: body/cube.present",
        "cube.there: body/cube.present\n        @cube.again: {target: [body/cube.pos.x]}", "leave one of them out",
    ),
    ("wrong-value", "cube.there: body/cube.present", "dock.x_m: site/dock.pos.x", "write the goal as [x, y]"),
    ("unknown-parameter", "cube.look: {choice", "@cube.looks: {choice", "did you mean 'cube.look'?"),
    ("parameter-range", "[red, blue]}", "[red, @green]}", ""),
    ("expression", "cube.x_m > 2.6", "@cube.y_m > 2.6", "did you mean"),
    ("world-adapter", "adapter: mujoco", "adapter: physx", "write sim: {adapter: mujoco}"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "right", "wrong", "hint"), MISTAKES)
def test_a_mistake_is_reported_at_its_place(
    tmp_path: Path, code: str, right: str, wrong: str, hint: str
) -> None:
    assert_reported(lambda text: write(tmp_path, text), PACK, code, right, wrong, hint)


@pytest.mark.parametrize(
    ("right", "wrong", "code", "message"),
    [
        (
            '<geom name="pane"', '<geom name="pane" contype="0" conaffinity="0"', "unknown-element",
            "'pane' closes no way: nothing of it can touch body 'cart'",
        ),
        (
            "<option ", '<option><flag contact="disable"/></option><option ', "native-file",
            'yard.xml:3: <flag contact="disable"/> takes away every contact',
        ),
    ],
)  # fmt: skip
def test_a_file_that_would_hide_a_crash_is_refused(
    tmp_path: Path, right: str, wrong: str, code: str, message: str
) -> None:
    path = write(tmp_path)
    site = tmp_path / "yard.xml"
    site.write_text(site.read_text().replace(right, wrong, 1))
    (found,) = lint([path], metrics)
    assert (found.code, found.message) == (code, message)


def test_a_kind_of_file_that_nothing_reads_here_says_what_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with an installation that is older than the file's kind."""
    from simgate.harness.packs.reading.worlds import read_native

    known = read_native.registry.names
    only = ("mjcf",)
    monkeypatch.setattr(
        read_native.registry, "names", lambda group: only if group == read_native.GROUP else known(group)
    )
    path = write(tmp_path, PACK.replace("mjcf: yard.xml", "usd: yard.xml"))
    (found,) = [d for d in lint([path], metrics) if d.code == "native-file"]
    assert found.hint == "what can be opened: mjcf: FILE"


def test_objects_cannot_be_placed_in_a_file(tmp_path: Path) -> None:
    place = "    place:\n      boxes: {count: 1, kinds: box, region: floor}\n    variants:"
    path = write(tmp_path, PACK.replace("    variants:", place))
    codes = [d.code for d in lint([path], metrics)]
    assert codes == ["unknown-kind", "unknown-region"]


def test_another_simulator_on_the_command_line_is_refused_with_the_one_that_can(tmp_path: Path) -> None:
    pack = load_pack(write(tmp_path), metrics)
    with pytest.raises(UnfitAdapter, match=r"'physx' cannot open yard\.xml, which is MJCF; mujoco can"):
        require_fit(pack.scenarios, "physx", Path())
    require_fit(pack.scenarios, "mujoco", Path())


def test_a_simulator_that_builds_no_worlds_in_code_is_refused_before_anything_runs() -> None:
    pack = load_pack(Path(__file__).parents[3] / "scenarios" / "office_doors" / "pack.yaml", metrics)
    for adapter in ("dataset", "gymnasium", "isaaclab", "replay"):
        with pytest.raises(UnfitAdapter, match=f"'{adapter}' builds no world that is code, such as office_c"):
            require_fit(pack.scenarios, adapter, Path())
    for adapter in ("mujoco", "mujoco_warp"):
        require_fit(pack.scenarios, adapter, Path())


def test_a_pack_that_asks_for_such_a_simulator_is_told_where_its_world_is_named(tmp_path: Path) -> None:
    shipped = (Path(__file__).parents[3] / "scenarios" / "office_doors" / "pack.yaml").read_text()
    assert "sim: {adapter: mujoco," in shipped
    path = write(tmp_path, shipped.replace("adapter: mujoco,", "adapter: replay,"))
    found = [one for one in lint([path], metrics) if one.code == "world-adapter"]
    assert len(found) == shipped.count("world: office_corridor")
    assert found[0].message == "the simulator 'replay' builds no world that is code, such as office_corridor"
    assert found[0].hint == "write sim: {adapter: mujoco}"
    line = shipped.splitlines()[found[0].line - 1]
    assert line[found[0].column - 1 :].startswith("office_corridor")


def test_one_that_nobody_has_named_so_is_refused_by_the_first_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code = "from simgate.sim_adapters.replay.adapter import ReplayAdapter\n\n\nclass Mine(ReplayAdapter):\n    pass\n"
    (tmp_path / "my_sim.py").write_text(code)
    (tmp_path / "pack.yaml").write_text(
        "simgate: 1\npack: a\npolicy: door_navigator\nsim: {adapter: 'my_sim.py:Mine'}\nseed: 1\n"
        "scenarios:\n  s: {title: T, severity: minor, world: office_corridor, variants: {count: 1},"
        " accept: {collisions: {at_most: 0}}}\ngate: [{severity: minor, pass_rate: {at_least: 0.1, confidence: 0.6}}]\n"
    )
    assert main(["run", "pack.yaml", "--workers", "0", "--quiet"]) == ExitCode.USAGE
    said = capsys.readouterr().err
    assert "'my_sim.py:Mine' builds no world that is code, such as office_corridor; mujoco does" in said
    # What the run had to itself in this process ends with it.
    assert not [one for one in sys.meta_path if isinstance(one, ImportGuard)]


def test_adapters_that_build_no_worlds_in_code_are_named_as_such() -> None:
    installed = []
    for name in registry.names("simgate.sim_adapters"):
        with suppress(ImportError, registry.UnknownPlugin):
            installed.append((name, traits_of(registry.load("simgate.sim_adapters", name)).planar))
    assert len(installed) >= 5
    only = registry.names(DECLARED_WORLDS_ONLY)
    assert [name for name, planar in installed if planar == (name in only)] == []


def test_a_parameter_of_the_file_that_is_declared_as_appearance_makes_no_other_scene(tmp_path: Path) -> None:
    pack = load_pack(write(tmp_path), metrics)
    (scenario,) = pack.scenarios
    variants = expand_scenario(pack, scenario, 8)
    tint = "target: material/clear.rgba.a,"
    assert tint in PACK
    declared = load_pack(write(tmp_path, PACK.replace(tint, f"{tint} appearance: true,")), metrics)
    assert world_of(declared, declared.scenarios[0]).parameters["pane.tint"].appearance
    assert appearance_of(pack, scenario) | {"pane.tint"} == appearance_of(declared, declared.scenarios[0])
    other = variants[0].model_copy(update={"parameters": {**variants[0].parameters, "pane.tint": 0.55}})
    assert SceneKeys(pack).key(other) != SceneKeys(pack).key(variants[0])
    assert SceneKeys(declared).key(other) == SceneKeys(declared).key(variants[0])


def test_appearance_is_true_or_false(tmp_path: Path) -> None:
    tint = "target: material/clear.rgba.a,"
    path = write(tmp_path, PACK.replace(tint, f"{tint} appearance: maybe,"))
    (diagnostic,) = lint([path], metrics)
    assert (diagnostic.code, "true or false" in diagnostic.message) == ("wrong-type", True)


def test_frames_may_be_compressed_and_covered_where_a_scenario_gives_them_a_value(tmp_path):
    worn = "    parameters:\n      camera.jpeg_quality: {integers: [20, 60]}\n      camera.occlusion: {uniform: [0.1, 0.2]}\n"
    pack = load_pack(write(tmp_path, PACK.replace("    parameters:\n", worn)))
    scenario = pack.scenarios[0]
    variant = expand_scenario(pack, scenario)[0]
    effects = world_of(pack, scenario).build(variant.parameters, variant.placed).effects
    assert (effects.jpeg_quality, effects.occlusion) == (
        variant.parameters["camera.jpeg_quality"],
        variant.parameters["camera.occlusion"],
    )
    assert 20 <= effects.jpeg_quality <= 60 and 0.1 <= effects.occlusion <= 0.2
    looks = appearance_of(pack, scenario)
    assert "camera.jpeg_quality" in looks and "camera.occlusion" not in looks


def test_scenarios_that_do_not_speak_of_them_have_no_such_parameters(tmp_path):
    pack = load_pack(write(tmp_path))
    variant = expand_scenario(pack, pack.scenarios[0])[0]
    assert not {"camera.jpeg_quality", "camera.occlusion"} & variant.parameters.keys()
