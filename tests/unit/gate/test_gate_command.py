from __future__ import annotations

import argparse
import json

import pytest

from simgate.harness.cli.commands.verdicts import gate
from simgate.harness.frontend.user_errors import UserError
from simgate.harness.results.journal import append_record
from simgate.harness.results.run_folder import RunFolder
from tests.unit.gate.runs import a_run


def gated(*arguments):
    parser = argparse.ArgumentParser()
    gate.configure(parser)
    return gate.run(parser.parse_args([str(argument) for argument in arguments]))


@pytest.fixture
def run_dir(tmp_path):
    def make(letters):
        manifest, records = a_run(letters)
        folder = RunFolder(tmp_path)
        folder.manifest_path.write_text(manifest.model_dump_json())
        for record in records:
            append_record(folder.journal_path, record)
        return tmp_path

    return make


@pytest.mark.parametrize(
    ("letters", "word", "code"),
    [("P" * 40, "GO", 0), ("F" * 40, "NO-GO", 1), ("P" * 10, "INCONCLUSIVE", 20)],
)
def test_the_exit_code_and_the_first_word_are_the_verdict(run_dir, capsys, letters, word, code):
    assert gated(run_dir(letters)) == code
    assert capsys.readouterr().out.startswith(f"{word}: ")


def test_json_is_what_lies_in_verdict_json(run_dir, capsys):
    path = run_dir("P" * 40)
    gated(path, "--json")
    assert json.loads(capsys.readouterr().out) == json.loads((path / "verdict.json").read_text())


def test_a_folder_that_is_no_run_is_a_clear_user_error(tmp_path):
    with pytest.raises(UserError, match=r"not a run folder: it has no manifest\.json"):
        gated(tmp_path)


def test_a_damaged_journal_is_named_with_its_line(run_dir):
    path = run_dir("P" * 3)
    with (path / "journal.ndjson").open("a") as journal:
        journal.write('{"variant": 3}\n')
    with pytest.raises(UserError, match=r"journal\.ndjson:4: not a run record"):
        gated(path)
