"""What is damaged is said in one sentence: the first place, what is wrong there, how many more."""

import json

import pytest
from pydantic import ValidationError

from simgate.harness.gate.comparing.baseline_copy import read_churn
from simgate.harness.gate.comparing.baseline_store import BaselineStore, NoBaseline
from simgate.harness.results.damage import damage
from simgate.harness.results.journal import JournalDamaged, read_journal
from simgate.harness.results.manifest import MergedRun
from simgate.harness.results.run_folder import NotARun, RunFolder
from simgate.policies.perception.trt.sidecar import EngineMismatch, read_sidecar


def manifest(folder):
    RunFolder(folder).manifest()


def journal(folder):
    list(read_journal(folder / "journal.ndjson"))


def baselines(folder):
    BaselineStore(folder).all()


def churn(folder):
    read_churn(folder / "churn.json")


def sidecar(folder):
    read_sidecar(folder / "m.plan")


READERS = [
    ("manifest.json", manifest, NotARun),
    ("journal.ndjson", journal, JournalDamaged),
    ("baselines.json", baselines, NoBaseline),
    ("churn.json", churn, NotARun),
    ("m.plan.json", sidecar, EngineMismatch),
]


@pytest.mark.parametrize(("file", "read", "raised"), READERS, ids=[file for file, _, _ in READERS])
@pytest.mark.parametrize("content", ["[1]", json.dumps({"invented": 1}), '{"schema_version": "1"}'])
def test_a_damaged_file_is_one_sentence_with_the_file_and_a_remedy(tmp_path, file, read, raised, content):
    (tmp_path / file).write_text(content + "\n")
    with pytest.raises(raised) as caught:
        read(tmp_path)
    said = str(caught.value)
    assert file in said and "; " in said
    assert "\n" not in said and "pydantic" not in said and "validation error" not in said


def test_what_a_value_must_be_is_said_once_and_how_many_more_are_wrong():
    with pytest.raises(ValidationError) as caught:
        MergedRun.model_validate(
            {"run_id": "r", "shard": "x", "created_utc": "", "machine": "", "records": "y"}
        )
    assert damage(caught.value).startswith("shard: must be a valid integer")
    assert damage(caught.value).endswith(" (and 1 more)")
