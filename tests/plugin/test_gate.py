"""``pytest --gate``: the verdict's exit code, and nothing that could pass for GO by accident."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.plugin.conftest import BLOCKED_WAY, CLEAR_WAY, HEAD, PASS_RATE, Bench, scenario

GO, NO_GO, INCONCLUSIVE = 0, 1, 20
BAD_INPUT = 2

BROKEN = """
    import simgate.reports.html

    def write_html(folder):
        {body}

    simgate.reports.html.write_html = write_html
    """


def decision(bench: Bench) -> str:
    (run_dir,) = bench.run_dirs()
    verdict: dict[str, str] = json.loads((run_dir / "verdict.json").read_bytes())
    return verdict["decision"]


def test_go_ends_with_0_although_a_scenario_without_a_rule_fails(bench: Bench) -> None:
    bench.pack(CLEAR_WAY, BLOCKED_WAY)
    result = bench.run("--gate")
    assert result.ret == GO
    assert decision(bench) == "GO"
    (run_dir,) = bench.run_dirs()
    result.stdout.fnmatch_lines(
        ["*= simgate =*", "GO: *", "tiny: GO", "report: *", f"run folder: *{run_dir.name}"]
    )
    assert (run_dir / "junit.xml").is_file()
    assert (run_dir / "report.html").is_file()


def test_without_gate_pytests_own_codes_hold_and_no_verdict_is_written(bench: Bench) -> None:
    bench.pack(CLEAR_WAY, BLOCKED_WAY)
    assert bench.run().ret == 1
    (run_dir,) = bench.run_dirs()
    assert not (run_dir / "verdict.json").exists()


def test_no_go_ends_with_1(bench: Bench) -> None:
    bench.pack(scenario("blocked", count=6).replace("uniform: [1.0, 2.0]", "uniform: [0.0, 0.1]"))
    result = bench.run("--gate")
    assert result.ret == NO_GO
    assert decision(bench) == "NO-GO"
    result.stdout.fnmatch_lines(["tiny: NO-GO"])


def test_too_few_variants_end_with_20_and_the_manifest_says_why(bench: Bench) -> None:
    bench.pack(CLEAR_WAY)
    result = bench.run("--gate", "-k", "v0000")
    assert result.ret == INCONCLUSIVE
    assert decision(bench) == "INCONCLUSIVE"
    assert bench.manifest()["selection"] == "1 of 6 variants (-k 'v0000')"


def test_errors_are_no_evidence_and_end_with_20(bench: Bench) -> None:
    bench.pack(CLEAR_WAY, scenario("dies", count=6, fault="raise"))
    assert bench.run("--gate").ret == INCONCLUSIVE


def test_a_run_that_x_cut_short_is_not_go(bench: Bench) -> None:
    bench.pack(BLOCKED_WAY, CLEAR_WAY)
    assert bench.run("--gate", "-x").ret == INCONCLUSIVE


@pytest.mark.parametrize("arguments", [[], ["-k", "no_such_scenario"], ["--co"]])
def test_nothing_to_judge_ends_with_20(bench: Bench, arguments: list[str]) -> None:
    if arguments:
        bench.pack(CLEAR_WAY)
    result = bench.run("--gate", *arguments)
    assert result.ret == INCONCLUSIVE
    result.stdout.fnmatch_lines(["blocks a GO: nothing was judged*"])


def test_a_pack_that_cannot_be_read_blocks_a_go(bench: Bench) -> None:
    bench.pack(CLEAR_WAY, name="a.yaml")
    bench.file("b.yaml", HEAD + "scenario: {}\n")
    assert bench.run("--gate").ret == BAD_INPUT
    result = bench.run("--gate", "--continue-on-collection-errors")
    assert decision(bench) == "GO"
    assert result.ret == BAD_INPUT
    result.stdout.fnmatch_lines(["blocks a GO: not collected: b.yaml"])


def test_an_ordinary_test_that_fails_blocks_a_go(bench: Bench) -> None:
    bench.pack(CLEAR_WAY)
    bench.file("test_ordinary.py", "def test_wrong():\n    assert False\n")
    result = bench.run("--gate")
    assert decision(bench) == "GO"
    assert result.ret == NO_GO
    result.stdout.fnmatch_lines(["blocks a GO: ordinary tests failed: test_ordinary.py::test_wrong"])


def test_one_pack_that_is_not_go_decides_for_all(bench: Bench) -> None:
    bench.pack(CLEAR_WAY, name="a.yaml")
    bench.pack(
        CLEAR_WAY,
        name="b.yaml",
        gate=PASS_RATE.replace("0.5, confidence: 0.9", "0.68, confidence: 0.9"),
        head=HEAD.replace("pack: tiny", "pack: other"),
    )
    assert bench.run("--gate", "--deselect", "b.yaml::clear_way::v0005").ret == INCONCLUSIVE


def test_an_internal_error_keeps_its_own_code(bench: Bench) -> None:
    bench.pack(CLEAR_WAY)
    bench.file(
        "conftest.py", "def pytest_runtest_logreport(report):\n    raise ValueError('a broken plugin')\n"
    )
    assert bench.run("--gate").ret == 3


@pytest.mark.parametrize(("asked", "code"), [(0, INCONCLUSIVE), (1, 1), (7, 7)])
def test_a_plugin_that_ends_the_session_cannot_fake_a_go(bench: Bench, asked: int, code: int) -> None:
    bench.pack(CLEAR_WAY)
    bench.file(
        "conftest.py",
        f"""
        import pytest

        def pytest_runtest_logreport(report):
            pytest.exit("enough", returncode={asked})
        """,
    )
    assert bench.run("--gate").ret == code


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ('raise TypeError("a broken reporter")', "TypeError: a broken reporter"),
        ("raise SystemExit(0)", "SystemExit: 0"),
    ],
)
def test_a_reporter_that_fails_takes_neither_verdict_nor_code_nor_the_other_reports(
    bench: Bench, body: str, cause: str
) -> None:
    bench.pack(CLEAR_WAY)
    bench.file("conftest.py", BROKEN.format(body=body))
    result = bench.run("--gate")
    assert result.ret == GO
    result.stdout.fnmatch_lines(["tiny: GO", f"the html report was not written: {cause}", "report: *.xml"])


def test_baseline_means_what_it_means_for_simgate_run(bench: Bench) -> None:
    bench.pack(CLEAR_WAY, gate="- {regression: {max_drop: 0.45, confidence: 0.8}}\n")
    assert bench.run("--gate").ret == INCONCLUSIVE, "nothing to hold it against"
    (before,) = bench.run_dirs()
    result = bench.run("--gate", "--baseline", str(before))
    assert result.ret == GO
    (after,) = set(bench.run_dirs()) - {before}
    assert (after / "baseline" / "manifest.json").is_file()
    assert "6 pairs" in json.loads((after / "verdict.json").read_bytes())["rules"][0]["reason"]


def test_a_baseline_that_does_not_fit_is_said_in_one_line_and_leaves_no_folder(bench: Bench) -> None:
    bench.pack(CLEAR_WAY, gate="- {regression: {max_drop: 0.45, confidence: 0.8}}\n")
    result = bench.run("--gate", "--baseline", "nightly")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: *nightly*"])
    assert not bench.run_dirs()


def test_a_baseline_without_a_rule_that_looks_at_it_is_refused(bench: Bench) -> None:
    bench.pack(CLEAR_WAY)
    result = bench.run("--gate", "--baseline", "nightly")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: --baseline has no effect: *"])


def test_until_decided_ends_a_clear_case_early_and_the_rest_is_skipped_with_the_reason(bench: Bench) -> None:
    bench.pack(CLEAR_WAY.replace("count: 6", "count: 60"))
    result = bench.run("--gate", "--until-decided")
    assert result.ret == GO
    (run_dir,) = bench.run_dirs()
    verdict = json.loads((run_dir / "verdict.json").read_bytes())
    ran = len(bench.journal())
    assert verdict["stopped_at"] == ran < 30
    result.assert_outcomes(passed=ran, skipped=60 - ran)
    result.stdout.fnmatch_lines([f"SKIPPED * not needed: decided after {ran} of 60 variants"])


def test_until_decided_with_xdist_is_refused_with_what_to_do(bench: Bench) -> None:
    bench.pack(CLEAR_WAY)
    result = bench.run("--until-decided", "-n", "2")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*leave out -n*--workers*"])


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_packs_outside_of_the_rootdir_run_and_are_judged_like_others(
    bench: Bench, workers: list[str]
) -> None:
    bench.pack(CLEAR_WAY)
    bench.pack(BLOCKED_WAY, name="more/pack.yaml", gate="", head=HEAD.replace("pack: tiny", "pack: other"))
    bench.file("root/pytest.ini", "[pytest]\n")
    arguments = ["--gate", "--rootdir", "root", "pack.yaml"]
    assert bench.run(*arguments, *workers).ret == GO
    result = bench.run(*arguments, "more", *workers)
    result.assert_outcomes(passed=6, failed=3)
    assert result.ret == INCONCLUSIVE, "the second pack has no rule"
    result.stdout.no_fnmatch_line("*ordinary tests failed*")
    result.stdout.fnmatch_lines(["FAILED more/pack.yaml::blocked_way::v0000*"])


@pytest.mark.parametrize("streams", ["| head -n 1", ">/dev/full", ">&-"])
def test_a_terminal_that_is_gone_or_full_changes_no_code(bench: Bench, streams: str) -> None:
    bench.pack(CLEAR_WAY)
    line = f"{sys.executable} -m pytest -p no:cacheprovider --sim-workers 0 --gate pack.yaml {streams}; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == GO, ended.stderr
    assert decision(bench) == "GO"
