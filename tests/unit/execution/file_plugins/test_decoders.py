"""A decoder from a file beside a model is code of that model, in its identity and in every process."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from simgate.harness.execution.planning.conditions import collect_fingerprint
from simgate.harness.execution.planning.parts import collect_parts
from simgate.harness.execution.planning.plan_guard import PlanGuard
from simgate.harness.packs.loader import load_pack
from simgate.harness.packs.model import Pack
from simgate.harness.results.parts import changed_parts
from simgate.harness.sources.import_guard import NotAsPlanned
from simgate.policies.perception.package import load_package
from simgate.sim_adapters.files.code_file import package_of
from tests.unit.execution.file_plugins.packs import a_pack, part

_DECODER = """\
from simgate.policies.perception.decoder_spec import DecoderSpec, Strict
from simgate.policies.perception.decoding.decoder import Decoder, Wanted
from .gains import GAIN

class Outputs(Strict):
    heatmap: str
    box: str

class Spec(DecoderSpec):
    outputs: Outputs

WANTED = {"heatmap": Wanted(()), "box": Wanted(())}
OWN = Decoder(Spec, lambda *of: WANTED, lambda *of: [])
"""


def a_pack_with_a_decoder(folder: Path) -> Pack:
    pack = a_pack(folder, policy="memory_policy")
    (folder / "model" / "decoder.py").write_text(_DECODER)
    (folder / "model" / "gains.py").write_text("GAIN = 1.0\n")
    model = folder / "model" / "model.yaml"
    text = model.read_text().replace("kind: center_heatmap", "kind: decoder.py:OWN")
    model.write_text(text.replace("  stride: 4\n", "").replace("  score_threshold: 0.5\n", ""))
    return pack


def test_a_decoder_beside_the_model_is_code_of_the_model_wherever_it_lies(tmp_path: Path) -> None:
    first, second = (
        part(collect_parts(pack, "", {"": load_package(str(pack.model))}), "model")
        for pack in (a_pack_with_a_decoder(tmp_path / name) for name in ("a", "b"))
    )
    assert first == second
    assert first.entry == "decoder.py:OWN"
    assert set(first.code) == {"./decoder.py", "./gains.py"}
    assert set(first.files) == {"model.yaml", "weights.onnx"}


@pytest.mark.parametrize("file", ["decoder.py", "gains.py"])
def test_a_worker_refuses_a_decoder_that_was_changed_after_planning(tmp_path: Path, file: str) -> None:
    pack = a_pack_with_a_decoder(tmp_path / "planned")
    before = collect_fingerprint(pack, "")
    for name in [name for name in sys.modules if name.startswith(package_of(tmp_path / "planned" / "model"))]:
        del sys.modules[name]  # A worker is another process.
    path = tmp_path / "planned" / "model" / file
    path.write_text(path.read_text() + "#")
    guard = PlanGuard(pack, "", before.parts)
    try:
        with pytest.raises(NotAsPlanned, match=rf"model columns 1: \./{file} .*is not what the run was"):
            load_package(str(pack.model))
    finally:
        guard.close()
    (change,) = changed_parts(before.parts, collect_fingerprint(pack, "").parts)
    assert change == f"model columns 1: ./{file} has changed"


def test_what_a_decoder_tells_of_is_a_file_of_the_model(tmp_path: Path) -> None:
    pack = a_pack_with_a_decoder(tmp_path)
    (tmp_path / "anchors.txt").write_text("1")
    told = f"OWN = Decoder(Spec, lambda *of: WANTED, lambda *of: [], lambda of: [{str(tmp_path / 'anchors.txt')!r}])\n"
    (tmp_path / "model" / "decoder.py").write_text(_DECODER + told)
    parts = collect_fingerprint(pack, "").parts
    assert "decoder: anchors.txt" in part(parts or (), "model").files
    (tmp_path / "anchors.txt").write_text("2")
    guard = PlanGuard(pack, "", parts)
    try:
        with pytest.raises(NotAsPlanned, match=r"model columns 1: .*anchors.txt is not what the run was"):
            guard.check_model(load_package(str(pack.model)))
    finally:
        guard.close()


def test_of_two_models_each_is_held_by_the_decoder_in_its_own_folder(tmp_path: Path) -> None:
    path = Path(a_pack_with_a_decoder(tmp_path).path)
    (tmp_path / "model").rename(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    both = "models: {one: one/model.yaml, two: two/model.yaml}"
    path.write_text(path.read_text().replace("model: model/model.yaml", both))
    pack = load_pack(path)
    before = collect_fingerprint(pack, "")
    for name in [name for name in sys.modules if name.startswith(package_of(tmp_path / "two"))]:
        del sys.modules[name]
    (tmp_path / "two" / "gains.py").write_text("GAIN = 2.0\n")
    guard = PlanGuard(pack, "", before.parts)
    try:
        load_package(tmp_path / "one")
        with pytest.raises(
            NotAsPlanned, match=r"model two \(columns 1\): \./gains.py .*is not what the run was"
        ):
            load_package(tmp_path / "two")
    finally:
        guard.close()
    (change,) = changed_parts(before.parts, collect_fingerprint(pack, "").parts)
    assert change == "model two (columns 1): ./gains.py has changed"
