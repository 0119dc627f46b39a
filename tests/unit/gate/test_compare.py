from __future__ import annotations

import json

import pytest

from simgate.harness.cli.main import main
from simgate.harness.gate.comparing.comparability import NotComparable
from simgate.harness.gate.comparing.compare import RunComparison, compare_runs, regression_of
from simgate.harness.gate.comparing.compare_table import comparison_table
from simgate.harness.gate.decide import decide
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.model import GateRule
from simgate.harness.results.journal import append_record
from simgate.harness.results.parts import make_part
from simgate.harness.results.run_folder import RunFolder
from simgate.reports.compare_html import render
from tests.unit.gate.pairs import REGRESSION, baseline, evidence_of, run_of

NEW = {"model": "door_detector 2.0", "model_sha256": "2" * 64}


def unknown(name):
    return None


def compared(before, now, **rule):
    candidate = evidence_of(*run_of(now, made=NEW))
    chosen = regression_of(candidate, rule.get("max_drop"), rule.get("confidence"))
    return compare_runs(baseline(before), candidate, chosen, unknown)


def test_broken_variants_come_first_then_doubtful_then_fixed():
    found = compared("PPFP" + "P" * 40, "FPPI" + "P" * 40)
    assert [(v.variant, v.change) for v in found.variants] == [
        ("glass::v0000", "broken"),
        ("glass::v0003", "doubtful"),
        ("glass::v0002", "fixed"),
    ]
    assert found.variants[0].baseline.outcome == "PASS"


def test_it_decides_by_the_packs_own_rule_unless_told_otherwise():
    assert compared("P" * 149, "P" * 149).decision is Decision.GO
    assert compared("P" * 149, "P" * 149, max_drop=0.01).decision is Decision.INCONCLUSIVE
    candidate = evidence_of(*run_of("P", GateRule(kind="pass_rate", at_least=0.9)))
    assert regression_of(candidate, None, None).at_most is None
    assert regression_of(candidate, 0.05, None).at_most == 0.05


def test_the_drop_of_a_scenario_is_told_apart_from_the_others():
    (scenario,) = compared("P" * 40, "F" * 6 + "P" * 34).scenarios
    assert (scenario.broken, scenario.p_value, scenario.q_value) == (6, 0.5**6, 0.5**6)


def test_runs_that_differ_in_more_than_the_model_are_refused():
    candidate = evidence_of(*run_of("P" * 20, made={**NEW, "machine": "Linux arm64"}))
    with pytest.raises(NotComparable, match="the machine was Linux x86_64 CPU, is Linux arm64"):
        compare_runs(baseline("P" * 20), candidate, REGRESSION, unknown)


def test_the_same_model_twice_is_noted_as_churn():
    candidate = evidence_of(*run_of("P" * 20))
    found = compare_runs(baseline("P" * 20), candidate, REGRESSION, unknown)
    assert "the same model" in found.notes[0]


def test_another_policy_is_said_in_headline_and_notes():
    old, new = (make_part("policy", "door", code={"acme/door.py": letter * 64}) for letter in "ab")
    before = baseline("PPPP", made={"parts": (old,)})
    now = evidence_of(*run_of("PPPF", made={"parts": (new,)}))
    found = compare_runs(before, now, REGRESSION, unknown)
    assert "door_detector 1.0 with another policy against door_detector 1.0: " in found.headline
    assert "acme/door.py has changed" in found.notes[0]
    assert not [note for note in found.notes if "churn" in note]
    verdict = decide(now.manifest, [v.record for v in now.evidence.variants if v.record], before)
    assert "acme/door.py has changed" in verdict.notes[0]


def test_runs_of_different_commits_are_compared_and_that_is_noted():
    found = compared("P" * 20, "P" * 20)
    assert not [note for note in found.notes if "commits" in note]
    candidate = evidence_of(*run_of("P" * 20, made={**NEW, "git_commit": "b" * 40}))
    older = baseline("P" * 20, made={"git_commit": "a" * 40})
    [note] = [n for n in compare_runs(older, candidate, REGRESSION, unknown).notes if "commits" in n]
    assert "aaaaaaaaaaaa and bbbbbbbbbbbb" in note


def test_the_table_tells_what_broke_and_by_how_much():
    text = comparison_table(compared("P" * 60, "F" * 6 + "P" * 54))
    assert "6 broken" in text
    assert "McNemar, exact, one-sided: p = 0.01562" in text
    assert "broken    glass::v0000" in text
    assert "would change this: a candidate that does not break these variants" in text
    assert "NO-GO: door_detector 2.0 against door_detector 1.0" in text


def test_the_drop_shown_is_what_broke_less_what_was_fixed():
    text = comparison_table(compared("F" + "P" * 39, "PFFF" + "P" * 36))
    assert "drop of the pass rate  +0.0500, at least -" in text


def test_an_undecided_comparison_says_how_many_more_variants_would_decide_it():
    found = compared("P" * 100, "F" * 2 + "P" * 98)
    more = int(found.rule.would_change.split()[0])
    text = comparison_table(found)
    assert f"would change this: {more} more variants that both versions pass would give GO" in text
    assert compared("P" * (100 + more), "F" * 2 + "P" * (98 + more)).decision is Decision.GO


def test_it_survives_json():
    found = compared("PF" * 30, "FP" * 30)
    assert RunComparison.model_validate_json(found.model_dump_json()) == found


def test_the_page_shows_both_sides_and_says_where_a_picture_is_missing(tmp_path):
    page = render(compared("P" * 60, "F" * 6 + "P" * 54), tmp_path, tmp_path)
    assert page.count("glass::v0003") == 1
    assert "baseline: door_detector 1.0" in page
    assert "no picture: variants that pass leave none" in page
    assert "<h1>NO-GO</h1>" in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_a_page_without_a_stated_margin_says_so(tmp_path):
    candidate = evidence_of(*run_of("P" * 60, made=NEW))
    page = render(
        compare_runs(baseline("P" * 60), candidate, GateRule(kind="regression"), unknown), tmp_path, tmp_path
    )
    assert "no margin is stated" in page


def test_what_a_pack_or_model_says_is_escaped_in_the_page(tmp_path):
    candidate = evidence_of(*run_of("F" * 6 + "P" * 54, made={**NEW, "model": "<script>x</script>"}))
    page = render(compare_runs(baseline("P" * 60), candidate, REGRESSION, unknown), tmp_path, tmp_path)
    assert "<script>x" not in page


class TestCommand:
    @pytest.fixture
    def run_dir(self, tmp_path):
        def make(name, letters, made=None):
            manifest, records = run_of(letters, made=made)
            folder = RunFolder(tmp_path / name)
            folder.create()
            folder.manifest_path.write_text(manifest.model_copy(update={"run_id": name}).model_dump_json())
            for record in records:
                append_record(folder.journal_path, record)
            return folder.path

        return make

    @pytest.mark.parametrize(
        ("now", "code"), [("P" * 149, 0), ("F" * 9 + "P" * 140, 1), ("F" * 2 + "P" * 147, 20)]
    )
    def test_the_exit_code_is_the_decision(self, run_dir, capsys, now, code):
        old, new = run_dir("old", "P" * 149), run_dir("new", now, NEW)
        assert main(["compare", str(old), str(new), "--replay", "0"]) == code
        assert (new / "compare.html").exists()
        assert RunComparison.model_validate_json((new / "compare.json").read_bytes()).baseline.run_id == "old"

    def test_several_candidates_get_a_row_a_page_and_a_place_in_json_each(self, run_dir, capsys, tmp_path):
        old, good = run_dir("old", "P" * 200), run_dir("good", "P" * 200, NEW)
        worse = run_dir("worse", "F" * 20 + "P" * 180, {**NEW, "model": "door_detector 3.0"})
        to = ["--replay", "0", "--out", str(tmp_path / "out")]
        assert main(["compare", str(old), str(good), str(worse), *to]) == 1
        rows = [line.split() for line in capsys.readouterr().out.splitlines()]
        assert ["good", "door_detector", "2.0", "200", "of", "200", "0", "0", "+0.000"] in [
            r[:9] for r in rows
        ]
        assert ["worse", "door_detector", "3.0", "180", "of", "200", "20", "0", "-0.100"] in [
            r[:9] for r in rows
        ]
        assert {path.parent.name for path in (tmp_path / "out").rglob("compare.html")} == {"good", "worse"}
        assert main(["compare", str(old), str(good), str(good)]) == 2
        assert f"{good} is compared with itself; give it once" in capsys.readouterr().err
        assert main(["compare", str(old), str(good), str(worse), "--json", "--replay", "0"]) == 1
        found = json.loads(capsys.readouterr().out)
        assert [one["decision"] for one in found] == ["GO", "NO-GO"]

    def test_json_is_what_lies_in_compare_json(self, run_dir, capsys):
        old, new = run_dir("old", "P" * 60), run_dir("new", "P" * 60, NEW)
        main(["compare", str(old), str(new), "--json"])
        assert json.loads(capsys.readouterr().out) == json.loads((new / "compare.json").read_text())

    def test_a_refusal_is_wrong_use_and_names_the_difference(self, run_dir, capsys):
        old, new = run_dir("old", "P" * 60), run_dir("new", "P" * 60, {**NEW, "batch": 8})
        assert main(["compare", str(old), str(new)]) == 2
        assert "the batch size was 1, is 8" in capsys.readouterr().err

    def test_a_run_is_not_compared_with_itself(self, run_dir, capsys):
        old = run_dir("old", "P" * 60)
        assert main(["compare", str(old), str(old)]) == 2

    def test_a_baseline_goes_by_its_name(self, run_dir, capsys):
        old, new = run_dir("old", "P" * 149), run_dir("new", "P" * 149, NEW)
        assert main(["baseline", "set", "main", str(old)]) == 0
        assert main(["compare", "main", str(new)]) == 0
        assert main(["baseline", "list", "--runs-dir", str(old.parent)]) == 0
        assert main(["baseline", "show", "main", "--runs-dir", str(old.parent)]) == 0
        assert "pack_digest" in capsys.readouterr().out
        assert main(["compare", "maim", str(new)]) == 2
        assert main(["baseline", "show", "maim", "--runs-dir", str(old.parent)]) == 2

    def test_pictures_that_cannot_be_made_cost_nothing_but_the_pictures(self, run_dir, capsys):
        old, new = run_dir("old", "P" * 60), run_dir("new", "F" * 6 + "P" * 54, NEW)
        assert main(["compare", str(old), str(new)]) == 1
        assert "no pictures of passing variants" in capsys.readouterr().err

    def test_explain_gives_every_rule_in_words(self, run_dir, capsys):
        assert main(["explain", str(run_dir("old", "P" * 10))]) == 20
        out = capsys.readouterr().out
        assert "needs --baseline" in out
        assert out.startswith("INCONCLUSIVE for door_detector 1.0 on doors")


def test_a_record_that_contradicts_itself_is_shown_as_what_it_counts_as_and_why():
    manifest, records = run_of("P" * 40, made=NEW)
    failed = run_of("F" * 40)[1][0].criteria
    forged = records[0].model_copy(update={"criteria": failed})
    found = compare_runs(
        baseline("P" * 40), evidence_of(manifest, [forged, *records[1:]]), REGRESSION, unknown
    )
    (variant,) = found.variants
    assert (variant.change, variant.baseline.outcome, variant.candidate.outcome) == (
        "doubtful",
        "PASS",
        "INVALID",
    )
    assert variant.candidate.reason == "its record says PASS, its criteria do not"
