"""Releases for tests: their runs, files and forms."""

import dataclasses

from simgate.harness.packs.model import GateRule
from simgate.harness.release.judge import judge_release
from simgate.harness.release.plan import Release
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.manifest import Fingerprint
from simgate.harness.results.run_folder import RunFolder
from tests.unit.gate.runs import make_manifest, make_pack, make_records, scenario, variant_ids

CANDIDATE, OTHER = "a" * 64, "b" * 64
EASY = GateRule(kind="pass_rate", severity="critical", at_least=0.5)
MEASURED = {"run_ids": ["simulation", "field"], "models": [CANDIDATE]}
SIGNED = {"role": "safety", "name": "A. Name", "date": "2026-11-28"}
MONITORING = {
    "rollback": "Install the package before.",
    "signals": [
        {"requirement": "R-1", "metric": "missed_ratio", "at_most": 0.02, "meaning": "{{ evil }} <b>x</b>"},
        {"requirement": "R-9", "metric": "missed_ratio", "at_least": 1e-05, "meaning": "Too few."},
    ],
}


def write_run(place, letters, *, model=CANDIDATE, requirements=("R-1", "R-2"), **said):
    """A run of one scenario with a letter for each variant."""
    one = scenario(count=len(letters)).model_copy(update={"requirements": requirements})
    return write_pack(place, [one], letters, model=model, **said)


def write_pack(place, scenarios, letters, *, model=CANDIDATE, **said):
    """A run of some scenarios, in which no variant is one of another run; its gate judges critical ones."""
    pack = make_pack(scenarios, [EASY])
    folder = RunFolder(place)
    folder.create()
    made = make_manifest(
        pack, fingerprint=Fingerprint(model="m 1", model_sha256=model), **{"run_id": place.name, **said}
    )
    own = [dataclasses.replace(e, digest=f"{e.digest} of {place.name}") for e in made.expected]
    write_atomic(folder.manifest_path, made.model_copy(update={"expected": tuple(own)}).model_dump_json())
    records = [
        record.model_copy(update={"variant_digest": f"{record.variant_digest} of {place.name}"})
        for record in make_records([name for one in scenarios for name in variant_ids(one)], letters)
    ]
    write_atomic(folder.journal_path, "".join(r.model_dump_json() + "\n" for r in records))
    return place.name


def release(**changes):
    said = {
        "release": "m 1",
        "model": "model.yaml",
        "requirements": ["R-1", "R-2"],
        "layers": {name: {"run": name} for name in ("offline", "simulation", "field")},
        "sign_offs": [SIGNED],
    }
    return Release.model_validate({**said, **changes})


def judged(folder, **changes):
    return judge_release(release(**changes), folder, CANDIDATE)


def layers(**changes):
    return {**{name: {"run": name} for name in ("offline", "simulation", "field")}, **changes}


CANARY = {
    "sites": ["hall 1", "hall 2"],
    "robots": 3,
    "hours": 400,
    "incidents": 0,
    "most_incidents": 0,
    "model_sha256": CANDIDATE,
    "signed": "B",
    "date": "2026-12-01",
}
