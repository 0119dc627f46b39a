"""A small run with its sources: a pack that extends a file, a model package, a journal."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from simgate.harness.evidence.canonical_zip import zip_pieces
from simgate.harness.evidence.hashed import Hashed, hashed
from simgate.harness.packs.loader import pack_files
from simgate.harness.packs.model import Pack
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.run_folder import RunFolder
from tests.unit.execution.memory_pack import write_model
from tests.unit.reports.factory import RunPlan, ScenarioPlan, build_run

SCENARIOS = (
    ScenarioPlan("glass_door", "A closed glass door", "critical", 4, requirements=("NAV-012", "PER-003")),
    ScenarioPlan("open_doorway", "The way is open", "major", 3, door="none", requirements=("NAV-002",)),
    ScenarioPlan("wooden_door", "A wooden door", "minor", 2, door="wood", requirements=()),
)
PACK = "simgate: 1\npack: office_doors\nextends: common/base.yaml\n"


def small_run(place: Path, **plan: object) -> RunFolder:
    """A run of nine variants that all pass unless the plan says otherwise, with pack and model beside it."""
    defaults: dict[str, object] = {"scenarios": SCENARIOS, "blindness": 0.0, "pictures": False}
    folder = build_run(place / "runs" / "20261120T094107Z-office_doors-3f9c", RunPlan(**(defaults | plan)))
    source = place / "packs" / "pack.yaml"
    (source.parent / "common").mkdir(parents=True)
    source.write_text(PACK)
    (source.parent / "common" / "base.yaml").write_text("policy: door_navigator\nscenarios: {}\n")
    model = write_model(place / "model")
    (model.parent / "card.md").write_text("# What was measured\n")
    with model.open("a") as out:
        out.write("model_card: card.md\n")
    manifest = folder.manifest()
    pack = Pack.model_validate(manifest.pack).model_copy(
        update={"path": str(source), "model": str(model), "source_sha256": pack_files(source)[1]}
    )
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    fingerprint = manifest.fingerprint.model_copy(update={"model_sha256": digest})
    changed = manifest.model_copy(update={"pack": pack.model_dump(mode="json"), "fingerprint": fingerprint})
    write_atomic(folder.manifest_path, changed.model_dump_json(indent=1))
    return folder


def hashed_all(files: Mapping[str, bytes]) -> dict[str, Hashed]:
    """Contents as the makers of packages take them."""
    return {name: hashed(content) for name, content in files.items()}


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The archive of these files."""
    return b"".join(zip_pieces(hashed_all(files)))
