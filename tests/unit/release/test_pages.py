"""What a release hands over: pages, alert rules, dashboard and runbooks, with texts of others inert."""

import dataclasses
import json
import shlex
import shutil
import subprocess

import jsonschema
import pytest
import yaml

from simgate.harness.cli.main import main
from simgate.harness.release.judge import judge_release
from simgate.harness.release.monitoring import monitoring_files
from simgate.harness.release.pages import model_card, release_notes, release_page
from tests.unit.evidence.runs import small_run
from tests.unit.release.grafana_contract import DASHBOARD
from tests.unit.release.releases import (
    CANARY,
    CANDIDATE,
    MONITORING,
    SIGNED,
    judged,
    layers,
    release,
    write_run,
)


def test_texts_of_others_are_inert_in_alerts_dashboard_and_runbooks(folder, tmp_path):
    files = monitoring_files(release(monitoring=MONITORING), judged(folder))
    rules = yaml.safe_load(files["monitoring/alerts.yml"])["groups"][0]["rules"]
    assert [one["alert"] for one in rules] == ["MissedRatioOutOfBounds", "MissedRatioOutOfBounds2"]
    assert rules[0]["expr"] == 'missed_ratio{job="robot"} > 0.02'
    assert "{{" not in files["monitoring/alerts.yml"].decode()
    panels = json.loads(files["monitoring/dashboard.json"])["panels"]
    assert panels[0]["fieldConfig"]["defaults"]["thresholds"]["steps"][1] == {"color": "red", "value": 0.02}
    assert panels[1]["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["color"] == "red"
    runbook = files["monitoring/runbooks/MissedRatioOutOfBounds.md"].decode()
    assert "--scenario glass    # simulation" in runbook
    assert "<b>" not in runbook.replace("\\<b", "")
    nothing = files["monitoring/runbooks/MissedRatioOutOfBounds2.md"].decode()
    assert "No scenario of this release tests this requirement" in nothing


def test_the_dashboard_is_what_grafana_takes(folder):
    files = monitoring_files(release(monitoring=MONITORING), judged(folder))
    found = json.loads(files["monitoring/dashboard.json"])
    jsonschema.Draft7Validator(DASHBOARD).validate(found)
    for panel in found["panels"]:
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["targets"][0].keys() == {"refId", "datasource", "expr"}
        first, second = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        assert first["value"] is None, "minus infinity"
        assert isinstance(second["value"], float)
    places = [(one["gridPos"]["x"], one["gridPos"]["y"]) for one in found["panels"]]
    assert len(set(places)) == len({one["id"] for one in found["panels"]}) == 2
    assert [one["name"] for one in found["templating"]["list"]] == ["datasource"]


HOSTILE = "<b>x</b> [click](http://a) @team `x` | y\n# z \x1b[31m\u202e"


def test_texts_of_others_are_inert_in_the_pages_of_a_release(folder):
    said = release(
        release="m <b>1</b> @team [a](http://a)",
        layers=layers(canary={**CANARY, "sites": ["<b>x</b>"], "signed": "<i>B</i> @team"}),
        checklist={"[x](http://a) @team": False},
        sign_offs=[{"role": "<b>safety</b>", "name": "@team", "date": "| x"}],
    )
    found = judge_release(said, folder, CANDIDATE)
    found = dataclasses.replace(
        found, layers=tuple(dataclasses.replace(one, reason=HOSTILE) for one in found.layers)
    )
    model = {"name": HOSTILE, "version": HOSTILE, "sha256": CANDIDATE}
    for page in (
        release_page(said, found),
        model_card(said, found, model),
        release_notes(said, found, model),
    ):
        text = page.decode()
        for live in ("<b>", "<i>", "@team", "[x](", "[a](", "[click](", "\x1b", "\u202e", "\n# z"):
            assert live not in text


def test_a_runbook_gives_a_command_that_does_no_more_than_it_says(folder):
    path = "packs; touch evil\n`x`/pack.yaml"
    shutil.rmtree(folder / "field")
    write_run(folder / "field", "P" * 40, pack_path=path)
    files = monitoring_files(release(monitoring=MONITORING), judged(folder))
    runbook = files["monitoring/runbooks/MissedRatioOutOfBounds.md"].decode()
    (line,) = [one for one in runbook.splitlines() if one.endswith("# field")]
    assert shlex.split(line, comments=True)[:2] == ["simgate", "run"]
    assert shlex.split(line, comments=True)[3:] == ["--scenario", "glass"]


@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool (Debian's prometheus) is not installed"
)
def test_promtool_takes_the_alert_rules(folder, tmp_path):
    path = tmp_path / "alerts.yml"
    path.write_bytes(
        monitoring_files(release(monitoring=MONITORING), judged(folder))["monitoring/alerts.yml"]
    )
    done = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "2 rules found" in done.stdout


def test_the_command_writes_one_package_and_ends_with_the_verdict(tmp_path, capsys):
    from simgate.harness.evidence.canonical_zip import contents, read_zip

    run = small_run(tmp_path)
    said = {
        "release": "m 1",
        "model": "model/model.yaml",
        "requirements": ["NAV-012"],
        "layers": {"simulation": {"run": str(run.path.relative_to(tmp_path))}},
        "needed": ["simulation"],
        "sign_offs": [SIGNED],
        "monitoring": MONITORING,
    }
    (tmp_path / "release.yaml").write_text(yaml.safe_dump(said))
    code = main(["release", str(tmp_path / "release.yaml")])
    out = capsys.readouterr().out
    assert code == (0 if "\nGO\n" in out else 20)
    assert "NAV-012" in out
    packed = contents(read_zip((tmp_path / "release" / "release.zip").read_bytes())[0])
    assert {
        "release.md",
        "release.json",
        "model_card.md",
        "release_notes.md",
        "evidence/simulation.zip",
    } < set(packed)
    assert json.loads(packed["release.json"])["decision"] in ("GO", "INCONCLUSIVE")
