"""MuJoCo Warp on Warp's CPU device: conformance, worlds that know nothing of each other, what makes one INVALID."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

if find_spec("mujoco_warp") is None:
    pytest.skip("needs simgate[mujoco-warp]", allow_module_level=True)

from simgate.sim_adapters.adapter import SimulatorUnavailable, Timing
from simgate.sim_adapters.conformance.robots import RobotConformance
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.mujoco_warp.adapter import MujocoWarpAdapter
from simgate.sim_adapters.scene.articulated import ArticulatedSite
from simgate.sim_adapters.worlds.probes.small_arm import ARM, machines

TIMING = Timing(physics_hz=200, control_hz=20, camera_hz=20)
CPU = {"device": os.environ.get("SIMGATE_WARP_DEVICE", "cpu")}
TOLD = np.array([5.0, 0.15])


class TestArmOnMujocoWarp(RobotConformance):
    """Camera in four kinds, scanner, joints, a body, an accelerometer and a gyroscope; a motor and a servo."""

    folder: Path

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def make_worlds(self, timing: Timing) -> MujocoWarpAdapter:
        return MujocoWarpAdapter(timing, CPU)

    def make_payloads(self) -> Sequence[ArticulatedSite]:
        return machines(self.folder)


@pytest.fixture
def made() -> Iterator[Any]:
    """Makes adapters that are closed afterwards."""
    adapters: list[Any] = []

    def make(kind: Any = MujocoWarpAdapter, **options: object) -> Any:
        adapters.append(kind(TIMING, {**CPU, **options} if kind is MujocoWarpAdapter else options))
        return adapters[-1]

    yield make
    for adapter in adapters:
        adapter.close()


def written(folder: Path, text: str) -> ArticulatedSite:
    """The arm in a file of other words."""
    site = machines(folder)[0]
    Path(site.path).write_text(text)
    from simgate.sim_adapters.mujoco.native.source import open_source

    return replace(site, sha256=open_source(Path(site.path)).sha256)


def course(adapter: Any, sites: Sequence[ArticulatedSite], ticks: int = 2) -> list[dict[str, bytes]]:
    """What every world reads and is at the end, bit for bit."""
    sensed = adapter.reset(sites)
    for _ in range(ticks):
        sensed = adapter.step(np.tile(TOLD, (len(sites), 1)))
    truths = adapter.ground_truth()
    assert adapter.health() == ((),) * len(sites)
    return [
        {**{k: rows[w].tobytes() for k, rows in sensed.channels.items()}, "truth": repr(truths[w]).encode()}
        for w in range(len(sites))
    ]


def test_64_worlds_are_bit_for_bit_what_each_is_alone(tmp_path: Path, made: Any) -> None:
    first = machines(tmp_path)[0]
    sites = [
        replace(first, values=(("body/cube.pos.x", 0.5 + 0.002 * k), ("geom/cube.mass", 0.2 + 0.01 * k)))
        for k in range(64)
    ]
    adapter = made()
    together = course(adapter, sites)
    (simulation,) = adapter._robots._together.simulations
    masses = simulation.model.body_mass.numpy()[:, -1]
    np.testing.assert_allclose(masses, [0.2 + 0.01 * k for k in range(64)], rtol=1e-6)
    assert len({world["cube.pose"] for world in together}) == 64
    assert course(made(), sites[::-1]) == together[::-1]
    for k in (0, 31, 63):
        assert course(made(), [sites[k]]) == [together[k]]


def test_the_arm_moves_touches_and_sees_as_in_mujoco(tmp_path: Path, made: Any) -> None:
    sites = machines(tmp_path)
    ours, theirs = made(), made(MujocoAdapter)
    for adapter in (ours, theirs):
        adapter.reset(sites)
        for _ in range(10):
            sensed = adapter.step(np.tile(TOLD, (2, 1)))
        adapter.last = sensed
    mine, wanted = ours.last.channels, theirs.last.channels
    for name, off in (
        ("joints.position", 1e-6),
        ("joints.velocity", 1e-5),
        ("cube.pose", 1e-5),
        ("acc", 1e-3),
    ):
        np.testing.assert_allclose(mine[name], wanted[name], atol=off, err_msg=name)
    np.testing.assert_array_equal(mine["view.semantic"], wanted["view.semantic"])
    assert np.mean(mine["view.instance"] != wanted["view.instance"]) < 0.01
    assert np.mean(np.abs(mine["view.depth"] - wanted["view.depth"]) > 0.01) < 0.01
    for truth, other in zip(ours.ground_truth(), theirs.ground_truth(), strict=True):
        (touched,), (expected,) = truth.contacts, other.contacts
        assert (touched.body, touched.touched) == (expected.body, expected.touched)
        assert touched.impulse_ns == pytest.approx(expected.impulse_ns, rel=1e-3)


def test_a_world_of_another_structure_has_a_simulation_of_its_own(tmp_path: Path, made: Any) -> None:
    first, second = machines(tmp_path)
    bare = replace(first, values=(("geom/table.present", False),), labels=())
    sites = [replace(first, labels=()), bare, replace(second, labels=())]
    adapter = made()
    together = course(adapter, sites)
    assert [len(one.seats) for one in adapter._robots._together.simulations] == [2, 1]
    assert together == [course(made(), [site])[0] for site in sites]


@pytest.mark.parametrize(
    ("target", "values"),
    [("geom/table.pos.x", (0.5, 0.7)), ("visual/headlight.ambient", (0.1, 0.6))],
    ids=["what stands still", "the headlight"],
)
def test_each_world_has_its_own(tmp_path: Path, made: Any, target: str, values: tuple[float, float]) -> None:
    sites = [replace(machines(tmp_path)[0], values=((target, value),)) for value in values]
    adapter = made()
    together = course(adapter, sites)
    assert len(adapter._robots._together.simulations) == 1
    assert together == [course(made(), [site])[0] for site in sites]
    assert together[0]["view.rgb"] != together[1]["view.rgb"]


def test_worlds_that_are_over_stand_still(tmp_path: Path, made: Any) -> None:
    sites, adapter = machines(tmp_path), made()
    adapter.reset(sites)
    kept = {name: rows[0].copy() for name, rows in adapter.step(np.tile(TOLD, (2, 1))).channels.items()}
    sensed = adapter.step(np.tile(TOLD, (2, 1)), np.array([False, True]))
    for name, rows in sensed.channels.items():
        np.testing.assert_array_equal(rows[0], kept[name])
    sensed = adapter.step(np.tile(TOLD, (2, 1)))
    alone = made()
    alone.reset(sites[:1])
    for _ in range(2):
        wanted = alone.step(TOLD[None])
    for name in ("joints.position", "cube.pose"):
        np.testing.assert_array_equal(sensed.channels[name][0], wanted.channels[name][0])


def test_more_contacts_than_there_is_room_for_is_said_of_the_world(tmp_path: Path, made: Any) -> None:
    adapter = made(contacts=1)
    adapter.reset(machines(tmp_path)[:1])
    for _ in range(5):
        adapter.step(TOLD[None])
    assert any("more contacts than sim.options.contacts says" in text for text in adapter.health()[0])


def test_a_state_that_is_no_number_is_said_of_its_world_alone(tmp_path: Path, made: Any) -> None:
    adapter = made()
    adapter.reset(machines(tmp_path))
    (simulation,) = adapter._robots._together.simulations
    state = simulation.data.qvel.numpy().copy()
    state[1, 0] = np.nan
    simulation.data.qvel.assign(state)
    adapter.step(np.tile(TOLD, (2, 1)))
    assert adapter.health() == ((), ("non-finite state",))


def test_glass_lets_what_is_behind_it_through_by_its_opacity(tmp_path: Path, made: Any) -> None:
    def seen(colour: str) -> np.ndarray[Any, Any]:
        table = 'name="table" type="box" size=".3 .3 .3"'
        assert table in ARM
        site = written(tmp_path, ARM.replace(table, f'{table} rgba="{colour}"'))
        return made().reset([site]).channels["view.rgb"][0].astype(float)

    opaque, gone, glass = seen("1 0 0 1"), seen("1 0 0 0"), seen("1 0 0 .25")
    assert np.abs(opaque - gone).max() > 50
    np.testing.assert_allclose(glass, 0.25 * opaque + 0.75 * gone, atol=1.0)


def test_pictures_reach_torch_without_a_copy(tmp_path: Path, made: Any) -> None:
    torch = pytest.importorskip("torch", reason="takes frames over DLPack")
    adapter = made()
    adapter.reset(machines(tmp_path))
    sensed = adapter.step(np.tile(TOLD, (2, 1)), None)
    sensed = adapter.step(np.tile(TOLD, (2, 1)), None)
    frames = adapter.device_frames()
    taken = torch.from_dlpack(frames)
    assert taken.data_ptr() == frames.ptr and taken.dtype == torch.uint8
    np.testing.assert_array_equal(taken.cpu().numpy(), sensed.channels["view.rgb"])


def test_what_cannot_be_simulated_is_refused_with_what_to_do(tmp_path: Path, made: Any) -> None:
    with pytest.raises(SimulatorUnavailable, match="cuda:99, and Warp sees"):
        made(device="cuda:99")
    site = written(tmp_path, ARM.replace("<worldbody>", '<option solver="PGS"/><worldbody>', 1))
    with pytest.raises(ValueError, match=r"cannot move this file: .*PGS.*use --adapter mujoco"):
        made().reset([site])
