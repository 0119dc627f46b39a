"""No variant depends on what its worker ran before: in one order, in the other, and alone."""

from __future__ import annotations

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from simgate.harness.execution.hosts.assignment import Assignment, HostSetup
from simgate.harness.execution.worker import Worker
from simgate.harness.expansion.expand import expand_variant
from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.loader import load_pack
from simgate.harness.packs.model import Pack
from simgate.harness.registry import names
from simgate.harness.results.record import Outcome, RunRecord
from tests.doubles.engines import DOUBLES, write_double_plan
from tests.integration.adapters import isaac_double

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "policies" / "reference_model"
OFFICE, SITE, STAGE, ARENA = (
    ROOT / path / "pack.yaml"
    for path in ("scenarios/office_doors", "scenarios/own_site", "docs/examples/own_stage", "scenarios/arena")
)
TELLING = {OFFICE: (("degraded_camera", 0), ("person_crossing", 1), ("cluttered_corridor", 2))}
"""Variants with little in common; of other packs the first of each scenario, or three of the only one."""
SECONDS = 1.0


def with_short_episodes(path: Path, adapter: str, model: Path | None = None) -> Pack:
    pack = load_pack(path)
    sim = pack.sim.model_copy(update={"adapter": adapter, "time_limit_s": SECONDS, "options": {}})
    return pack.model_copy(update={"sim": sim, "model": str(model or pack.model)})


def chosen(pack: Pack, path: Path) -> list[Variant]:
    ids = [scenario.id for scenario in pack.scenarios]
    wanted = TELLING.get(path) or (
        [(name, 0) for name in ids[:3]] if len(ids) > 1 else [(ids[0], k) for k in range(3)]
    )
    return [expand_variant(pack, pack.scenario(name), index) for name, index in wanted]


def played(
    pack: Pack, runtime: str, variants: list[Variant], folder: Path, together: int = 1
) -> dict[str, RunRecord]:
    """The records of variants that one worker ran, so many at once, with all their pictures."""
    for name in ("hosts", "recordings", "frames"):
        (folder / name).mkdir(parents=True)
    worker = Worker(HostSetup(number=0, pack=pack, runtime=runtime, run_dir=str(folder), record="all"))
    records: list[RunRecord] = []
    try:
        for first in range(0, len(variants), together):
            portion = [Assignment(variant=v, identity="0") for v in variants[first : first + together]]
            worker.run(portion, lambda _: None, records.append)
    finally:
        worker.close()
    return {record.variant: record for record in records}


def assert_independent(path: Path, pack: Pack, runtime: str, folder: Path) -> None:
    variants = chosen(pack, path)
    forth = played(pack, runtime, variants, folder / "forth")
    back = played(pack, runtime, variants[::-1], folder / "back")
    for number, variant in enumerate(variants):
        alone_in = folder / f"alone{number}"
        alone = played(pack, runtime, [variant], alone_in)[variant.id]
        assert alone.outcome in (Outcome.PASS, Outcome.FAIL), alone.reason
        for name, used in (("forth", forth[variant.id]), ("back", back[variant.id])):
            assert used.trace_digest == alone.trace_digest, (name, variant.id)
            first = "start_picture"
            assert (folder / name / used.artifacts[first]).read_bytes() == (
                alone_in / alone.artifacts[first]
            ).read_bytes()
    assert len({record.trace_digest for record in forth.values()}) == len(variants)


@pytest.fixture
def adapter(request, monkeypatch, tmp_path_factory):
    """Makes a simulator usable here, or skips."""
    name = request.param
    if name == "isaacsim":
        if isaac_double.missing():
            pytest.skip(isaac_double.missing())
        isaac_double.use_in_this_process(monkeypatch, tmp_path_factory.getbasetemp())
    if name == "physx" and not (find_spec("ovphysx") and find_spec("pxr")):
        pytest.skip("needs simgate[physx]")
    return name


@pytest.mark.parametrize(
    ("path", "adapter"),
    [
        *((path, "mujoco") for path in (OFFICE, ARENA, SITE, STAGE)),
        *((path, "physx") for path in (OFFICE, ARENA, STAGE)),
        *((path, "isaacsim") for path in (OFFICE, STAGE)),
    ],
    ids=lambda value: value if isinstance(value, str) else value.parent.name,
    indirect=["adapter"],
)
def test_a_pack_gives_the_same_traces_and_first_frames_in_either_order_and_alone(path, adapter, tmp_path):
    if path == STAGE and not find_spec("pxr"):
        pytest.skip("needs simgate[usd]")
    assert_independent(path, with_short_episodes(path, adapter), "onnxruntime", tmp_path)


@pytest.mark.parametrize("runtime", names("simgate.runtimes"))
def test_every_runtime_gives_the_same_traces_in_either_order_and_alone(runtime, tmp_path, monkeypatch):
    model = tmp_path / "model"
    model.mkdir()
    for name in ("model.yaml", "detector.onnx"):
        shutil.copy(MODEL / name, model / name)
    if runtime != "onnxruntime":
        pytest.importorskip("torch", reason="runtime and double need it")
        pytest.importorskip("onnx", reason="converts the reference model")
    if runtime == "torch":
        monkeypatch.setenv("SIMGATE_TRUST", "all")
        from simgate.policies.perception.onnx_to_torch import main as onnx_to_torch

        assert onnx_to_torch([str(model), str(model / "detector.pt2"), "--add"]) == 0
    if runtime == "tensorrt":
        write_double_plan(model / "model.yaml")
        double = "runtimes:tensorrt=tests.doubles.tensorrt_device:tensorrt_on_double"
        monkeypatch.setenv("SIMGATE_PLUGINS", double)
        if str(DOUBLES) not in sys.path:
            monkeypatch.syspath_prepend(str(DOUBLES))
    pack = with_short_episodes(OFFICE, "mujoco", model / "model.yaml")
    assert_independent(OFFICE, pack, runtime, tmp_path)


# These are declared for a robot, or drive none; they have tests of their own.
_OTHERS = ("interpreter", "network", "ros", "server", "watcher")


@pytest.mark.parametrize("policy", [name for name in names("simgate.policies") if name not in _OTHERS])
def test_every_policy_decides_the_same_in_either_order_and_alone(policy, tmp_path):
    pack = with_short_episodes(OFFICE, "mujoco").model_copy(update={"policy": policy})
    assert_independent(OFFICE, pack, "onnxruntime", tmp_path)


def test_a_variant_is_the_same_alone_and_in_a_batch_whoever_its_neighbours_are(tmp_path):
    pack = with_short_episodes(OFFICE, "mujoco")
    variants = chosen(pack, OFFICE)
    alone = played(pack, "onnxruntime", variants, tmp_path / "alone")
    for name, order in (("forth", variants), ("back", variants[::-1])):
        for together in (2, 3):
            batch = played(pack, "onnxruntime", order, tmp_path / f"{name}{together}", together)
            assert {k: r.trace_digest for k, r in batch.items()} == {
                k: r.trace_digest for k, r in alone.items()
            }
