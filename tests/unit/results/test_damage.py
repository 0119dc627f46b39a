"""What is damaged is said in one sentence: the first place, what is wrong there, how many more."""

import json

import pytest

from simgate.harness.gate.comparing.baseline_copy import read_churn
from simgate.harness.gate.comparing.baseline_store import BaselineStore, NoBaseline
from simgate.harness.results.journal import JournalDamaged, read_journal
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
