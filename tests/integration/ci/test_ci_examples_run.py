"""The CI examples' own shell lines, run for a small team: shards, merge, verdict, evidence, exit codes."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.integration.ci.github import REPOSITORY, Service, matrix
from tests.integration.ci.shell import Machine
from tests.integration.ci.team import team

CI = REPOSITORY / "docs" / "ci"


def digests(run: Path) -> dict[str, str]:
    records = [json.loads(line) for line in (run / "journal.ndjson").read_text().splitlines()]
    return {record["variant"]: record["trace_digest"] for record in records}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Trace digests of the team's pack, run in one go."""
    folder = tmp_path_factory.mktemp("whole")
    machine = Machine(folder / "machine")
    shutil.copytree(team(folder / "team"), machine.home, dirs_exist_ok=True)
    code, text = machine.sh("simgate run scenarios --run-name all --workers 1 --quiet", {})
    assert code == 0, text
    found = digests(machine.home / "runs" / "all")
    assert len(found) == 8
    return found


class TestGitHub:
    def test_a_failed_shard_that_was_run_again_is_merged_with_what_the_first_try_left(self, tmp_path, whole):
        workflow = yaml.safe_load((CI / "github-actions-cpu.yml").read_text())
        service = Service(tmp_path, team(tmp_path / "team"))
        job = workflow["jobs"]["shard"]
        for values in matrix(job):
            values["github.run_attempt"] = "1"
            service.job(f"shard-{values['matrix.shard']}", job, values)
        # The machine of the second shard dies: its journal ends in the middle of a line.
        [journal] = (tmp_path / "artifacts" / "shard-2-1").rglob("journal.ndjson")
        text = journal.read_bytes()
        journal.write_bytes(text[: len(text) // 2])
        assert service.job("again", job, {"matrix.shard": "2", "github.run_attempt": "2"}) == 0, (
            service.output
        )
        assert service.job("gate", workflow["jobs"]["gate"], {"github.ref": "refs/heads/x"}) == 0, (
            service.output
        )
        kept = tmp_path / "artifacts" / "simgate-runs" / "gate"
        assert digests(kept) == whole
        assert json.loads((kept / "verdict.json").read_text())["decision"] == "GO"
        assert (kept / "report.html").is_file() and (kept / "junit.xml").is_file()
        installed = service.machines["shard-1"].installed
        assert any(line.startswith("sudo apt-get install") and "libegl1" in line for line in installed)
        assert "pip install -r requirements.txt" in installed

    @pytest.mark.parametrize("file", ["github-actions-cpu.yml", "github-actions.yml"])
    def test_the_main_branchs_run_is_the_baseline_of_the_next_one(self, tmp_path, file):
        workflow = yaml.safe_load((CI / file).read_text())
        sources = team(tmp_path / "team", pack="office_doors")
        licence = {"ACCEPT_EULA": "Y"}
        store = {"BASELINES": str(tmp_path / "store"), **licence}
        first = Service(tmp_path / "first", sources)
        for values in matrix(workflow["jobs"]["shard"]):
            values["github.run_attempt"] = "1"
            first.job(f"shard-{values['matrix.shard']}", workflow["jobs"]["shard"], values, licence)
        main = {"github.ref": "refs/heads/main"}
        assert first.job("gate", workflow["jobs"]["gate"], main, store) == 0, first.output
        pack = sources / "scenarios" / "office_doors" / "pack.yaml"
        pack.write_text(pack.read_text() + "  - {regression: {max_drop: 0.9, confidence: 0.9}}\n")
        second = Service(tmp_path / "second", sources)
        for values in matrix(workflow["jobs"]["shard"]):
            values["github.run_attempt"] = "1"
            code = second.job(f"shard-{values['matrix.shard']}", workflow["jobs"]["shard"], values, store)
            assert code == 0, second.output
        assert second.job("gate", workflow["jobs"]["gate"], main, store) == 0, second.output
        verdict = json.loads(
            (tmp_path / "second" / "artifacts" / "simgate-runs" / "gate" / "verdict.json").read_text()
        )
        [rule] = [rule for rule in verdict["rules"] if rule["kind"] == "regression"]
        assert (rule["decision"], rule["expected"]) == ("GO", 8)

    @pytest.mark.parametrize(
        ("rate", "accept", "inconclusive", "decision", "code"),
        [
            (0.5, "collisions: {at_most: 0}", "fail", "GO", 0),
            (0.7, "collisions: {at_most: 0}", "fail", "INCONCLUSIVE", 20),
            (0.7, "collisions: {at_most: 0}", "pass", "INCONCLUSIVE", 0),
            (0.5, "success: {equals: true}", "pass", "NO-GO", 1),
        ],
    )
    def test_the_actions_result_is_the_verdict(self, tmp_path, rate, accept, inconclusive, decision, code):
        service = Service(tmp_path, team(tmp_path / "team", rate, accept))
        values: dict[str, str] = {}
        given = {
            "arguments": "--run-name gate --scenario 'd*' --variants 6 --workers 1",
            "inconclusive": inconclusive,
        }
        job = {
            "steps": [
                {"uses": "actions/checkout@v5"},
                {"uses": "simgate/simgate@v1", "id": "gate", "with": given},
            ]
        }
        assert service.job("action", job, values) == code, service.output
        assert values["steps.gate.outputs.decision"] == decision
        verdict = tmp_path / "artifacts" / "simgate-runs" / "gate" / "verdict.json"
        assert json.loads(verdict.read_text())["decision"] == decision
        assert "pip install --quiet simgate" in service.machines["action"].installed

    def test_what_a_caller_gives_is_no_text_of_a_script(self, tmp_path):
        service = Service(tmp_path, team(tmp_path / "team"))
        given = {"packs": "$(touch stolen) `touch stolen`", "arguments": "; touch stolen", "artifact": ""}
        job = {"steps": [{"uses": "actions/checkout@v5"}, {"uses": "simgate/simgate@v1", "with": given}]}
        assert service.job("action", job, {}) == 2
        assert not list(tmp_path.rglob("stolen"))


class TestGitLab:
    @pytest.mark.parametrize("file", ["gitlab-ci-cpu.yml", "gitlab-ci.yml"])
    def test_shards_are_merged_to_the_verdict_of_one_run(self, tmp_path, whole, file):
        text = (CI / file).read_text().replace("/opt/simgate/bin/", "").replace("isaacsim", "mujoco")
        pipeline = yaml.safe_load(text)
        shard, gate = pipeline["shard"], pipeline["gate"]
        assert gate["needs"] == ["shard"]
        sources = team(tmp_path / "team", pack="office_doors")

        def job(name: str, lines: list[str], **variables: str) -> tuple[int, Machine]:
            machine = Machine(tmp_path / name)
            shutil.copytree(sources, machine.home, dirs_exist_ok=True)
            if (tmp_path / "artifacts").exists():
                shutil.copytree(tmp_path / "artifacts", machine.home, dirs_exist_ok=True)
            code, text = machine.sh("\n".join([*before, *lines]), variables)
            return code, machine if code in (0, 20) else pytest.fail(text)

        before, count = pipeline.get(".simgate", {}).get("before_script", []), shard["parallel"]
        made = [
            job(f"shard-{k}", shard["script"], CI_NODE_INDEX=str(k), CI_NODE_TOTAL=str(count))[1]
            for k in range(1, count + 1)
        ]
        for machine in made:
            [kept] = shard["artifacts"]["paths"]
            shutil.copytree(machine.home / kept, tmp_path / "artifacts" / kept, dirs_exist_ok=True)
        store = tmp_path / "store"
        branch = {"CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}
        code, machine = job("gate", gate["script"], BASELINES=str(store), **branch)
        assert code == 0
        assert list((store / "main").iterdir()), "the main branch's run is the next baseline"
        assert digests(machine.home / "runs" / "gate") == whole
        assert "pip install -r requirements.txt" in machine.installed
        assert not before or machine.installed[0].startswith("apt-get update")

    @pytest.mark.parametrize("file", ["gitlab-ci-cpu.yml", "gitlab-ci.yml"])
    def test_only_inconclusive_may_pass(self, file):
        pipeline = yaml.safe_load((CI / file).read_text())
        assert pipeline["gate"]["allow_failure"] == {"exit_codes": [20]}
        assert set(pipeline["shard"]["retry"]["exit_codes"]) == {69, 70}


class TestJenkins:
    @pytest.mark.parametrize("file", ["Jenkinsfile", "Jenkinsfile.gpu"])
    def test_shards_are_merged_to_the_verdict_of_one_run(self, tmp_path, whole, file):
        shards, gate = (CI / file).read_text().split("stage('Gate')")
        numbers = re.findall(r"'(\d)'", re.search(r"values ([^}]+)}", shards)[1])
        sources, merged = team(tmp_path / "team", pack="office_doors"), Machine(tmp_path / "gate")
        shutil.copytree(sources, merged.home, dirs_exist_ok=True)
        kept = re.search(r"includes: '(\w+)/", shards)[1]
        stale = "old/manifest.json"
        for number in numbers:
            machine = Machine(tmp_path / f"shard-{number}")
            shutil.copytree(sources, machine.home, dirs_exist_ok=True)
            (machine.home / kept / stale).parent.mkdir(parents=True)
            (machine.home / kept / stale).write_text("of an earlier build")
            for line in shell_lines(shards):
                code, output = machine.sh(line, {"SHARD": number, "ACCEPT_EULA": "Y"})
                assert code == 0, output
        for line in shell_lines(gate):
            code, output = merged.sh(line, {"BASELINES": str(tmp_path / "store"), "BRANCH_NAME": "main"})
            assert code == 0, output
            if line == "rm -rf shards runs":
                for number in numbers:
                    stash = tmp_path / f"shard-{number}" / "checkout" / kept
                    shutil.copytree(stash, merged.home / "shards", dirs_exist_ok=True)
        assert digests(merged.home / "runs" / "gate") == whole
        assert list((tmp_path / "store" / "main").iterdir())

    def test_a_shard_that_failed_is_gone_on_with(self, tmp_path):
        machine = Machine(tmp_path / "one")
        shutil.copytree(team(tmp_path / "team"), machine.home, dirs_exist_ok=True)
        *prepare, run = shell_lines((CI / "Jenkinsfile").read_text().split("stage('Gate')")[0])
        for line in [*prepare, run]:
            assert machine.sh(line, {"SHARD": "1"})[0] == 0
        journal = machine.home / "shards" / "shard-1" / "journal.ndjson"
        before = digests(journal.parent)
        journal.write_text(journal.read_text().splitlines(keepends=True)[0])
        code, output = machine.sh(run, {"SHARD": "1"})
        assert code == 0, output
        assert digests(journal.parent) == before


def shell_lines(text: str) -> list[str]:
    """What ``sh`` steps of a Jenkinsfile run, in order."""
    return [
        "".join(found)
        for found in re.findall(r"(?:\bsh |script: )(?:'''(.+?)'''|'([^']+)')", text, re.DOTALL)
    ]
