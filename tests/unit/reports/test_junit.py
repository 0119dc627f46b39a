from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from simgate.harness.gate.verdict import Decision, QuarantineError, RuleVerdict
from simgate.harness.results.record import Outcome
from simgate.harness.results.run_folder import RunFolder
from simgate.reports.junit import write_junit
from simgate.reports.run_data import RunData, load_run
from tests.unit.reports.factory import OFFICE, RunPlan, build_run, junit_document

SCHEMA = Path(__file__).parents[4] / "shared" / "contracts" / "junit-10.xsd"
# What Jenkins' schema allows, by element: attributes and children.
ALLOWED = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname", "id", "package"},
        {"testcase", "properties", "system-out", "system-err"},
    ),
    "testcase": ({"name", "classname", "time"}, {"failure", "error", "skipped", "system-out", "system-err"}),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "skipped": ({"type", "message"}, set()),
    "system-out": (set(), set()),
    "system-err": (set(), set()),
}
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)


def check_structure(root: ElementTree.Element) -> None:
    """The short list of facts that Jenkins and GitLab rely on."""
    assert root.tag == "testsuites"
    for element in root.iter():
        attributes, children = ALLOWED[element.tag]
        assert set(element.attrib) <= attributes
        assert {child.tag for child in element} <= children
        if "time" in element.attrib:
            assert re.fullmatch(r"\d+\.\d{3}", element.attrib["time"])
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases)
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
        assert int(suite.attrib["errors"]) == len(suite.findall("testcase/error"))
        names = [case.attrib["name"] for case in cases]
        assert len(set(names)) == len(names)


def check_schema(document: bytes) -> None:
    schema = etree.XMLSchema(etree.parse(str(SCHEMA)))
    assert schema.validate(etree.fromstring(document)), schema.error_log


def case_of(root: ElementTree.Element, name: str) -> ElementTree.Element:
    found = [case for case in root.iter("testcase") if case.attrib["name"] == name]
    assert len(found) == 1
    return found[0]


@pytest.fixture(scope="module")
def document(blind_run: RunFolder) -> ElementTree.Element:
    return ElementTree.parse(write_junit(blind_run)).getroot()


def test_every_expected_variant_is_a_test_case(document: ElementTree.Element, blind_data: RunData) -> None:
    names = {case.attrib["name"] for suite in document[:-1] for case in suite.iter("testcase")}
    assert names == {result.expected.id for result in blind_data.results}


def test_the_file_has_the_structure_that_readers_rely_on(document: ElementTree.Element) -> None:
    check_structure(document)


@pytest.mark.skipif(not SCHEMA.exists(), reason="junit-10.xsd is not beside the checkout")
def test_the_file_is_valid_against_jenkins_schema(blind_run: RunFolder) -> None:
    check_schema(write_junit(blind_run).read_bytes())


def test_outcomes_become_failure_and_error(document: ElementTree.Element, blind_data: RunData) -> None:
    for result in blind_data.results:
        children = {child.tag for child in case_of(document, result.expected.id)} - {"system-out"}
        wanted = {
            Outcome.PASS: set(),
            Outcome.FAIL: {"failure"},
            Outcome.INVALID: {"error"},
            Outcome.ERROR: {"error"},
            None: {"error"},
        }[result.outcome]
        assert children == wanted


def test_a_missing_variant_is_an_error_that_says_so(
    document: ElementTree.Element, blind_data: RunData
) -> None:
    missing = next(result for result in blind_data.results if result.record is None)
    error = case_of(document, missing.expected.id).find("error")
    assert error is not None
    assert error.attrib["message"].startswith("no record")
    assert "--resume" in (error.text or "")


def test_a_failure_tells_a_qa_engineer_what_to_do(document: ElementTree.Element, blind_data: RunData) -> None:
    failed = next(r for r in blind_data.records if r.outcome == Outcome.FAIL)
    case = case_of(document, failed.variant)
    failure, out = case.find("failure"), case.find("system-out")
    assert failure is not None and out is not None
    assert failure.attrib["message"].startswith("collisions: observed 1, must be at most 0")
    assert "lost at" in failure.attrib["message"]
    text = failure.text or ""
    assert "stop_distance_m between 0.3 and 1.5: observed -0.02 m, margin -0.32 m" in text
    assert f"simgate replay {blind_data.folder} {failed.variant}" in text
    assert "lighting.lux = " in (out.text or "")
    pictures = re.findall(r"\[\[ATTACHMENT\|(.+?)\]\]", out.text or "")
    assert len(pictures) == 2
    assert all(Path(picture).exists() for picture in pictures)


def test_a_known_failure_is_skipped_with_its_issue(blind_data: RunData) -> None:
    first = blind_data.results[0]
    assert first.record is not None
    known = first.record.model_copy(update={"outcome": Outcome.KNOWN, "known_issue": "PER-311"})
    run = replace(blind_data, results=(replace(first, record=known), *blind_data.results[1:]))
    skipped = case_of(junit_document(run), first.expected.id).find("skipped")
    assert skipped is not None
    assert "PER-311" in skipped.attrib["message"]


def test_gate_rules_are_a_suite_of_their_own(document: ElementTree.Element, blind_data: RunData) -> None:
    gate = document[-1]
    assert gate.attrib["name"] == "gate"
    outcomes = {Decision.GO: None, Decision.NO_GO: "failure", Decision.INCONCLUSIVE: "error"}
    for case, rule in zip(gate.findall("testcase"), blind_data.verdict.rules, strict=True):
        assert case.attrib["name"] == rule.statement
        tags = [child.tag for child in case if child.tag != "system-out"]
        assert tags == ([outcomes[rule.decision]] if outcomes[rule.decision] else [])


def test_a_verdict_worse_than_its_rules_is_never_green(blind_data: RunData) -> None:
    verdict = blind_data.verdict.model_copy(update={"rules": (), "decision": Decision.INCONCLUSIVE})
    gate = junit_document(replace(blind_data, verdict=verdict))[-1]
    assert [case.attrib["name"] for case in gate.findall("testcase")] == ["verdict"]
    assert gate.attrib["errors"] == "1"


def test_a_quarantine_that_has_gone_bad_is_an_error_of_the_gate(blind_data: RunData) -> None:
    message = "quarantine PER-311 of glass_door_closed no longer fails: all 4 variants in it passed"
    bad = QuarantineError(scenario="glass_door_closed", issue="PER-311", message=message)
    verdict = blind_data.verdict.model_copy(update={"quarantine_errors": (bad,)})
    root = junit_document(replace(blind_data, verdict=verdict))
    check_structure(root)
    (case,) = root.findall(".//testcase[@name='quarantine PER-311 of glass_door_closed']")
    error = case.find("error")
    assert error is not None
    assert (error.get("type"), error.get("message")) == ("QUARANTINE", message)


def test_rules_of_the_same_statement_are_not_merged(blind_data: RunData) -> None:
    rule = RuleVerdict(statement="the same", decision=Decision.GO, reason="proven")
    run = replace(blind_data, verdict=blind_data.verdict.model_copy(update={"rules": (rule, rule)}))
    names = [case.attrib["name"] for case in junit_document(run)[-1].findall("testcase")]
    assert names[:2] == ["the same", "the same (rule 2)"]


def test_a_run_without_records_is_all_errors(run_dir: Path) -> None:
    plan = RunPlan(scenarios=OFFICE[:1], skip=frozenset(range(60)))
    root = ElementTree.parse(write_junit(build_run(run_dir, plan))).getroot()
    check_structure(root)
    assert root[0].attrib["errors"] == "60"
    assert int(root.attrib["errors"]) > 60  # the gate is not green either


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(ANY_TEXT, min_size=6, max_size=6), outcome=st.sampled_from(list(Outcome)))
def test_no_text_can_break_the_file_or_lose_a_case(
    small_run: RunData, texts: list[str], outcome: Outcome
) -> None:
    results = list(small_run.results)
    for index in (0, 3):
        record = results[index].record
        assert record is not None
        criteria = tuple(
            criterion.model_copy(update={"statement": texts[1], "observed": texts[2], "reason": texts[3]})
            for criterion in record.criteria
        )
        update = {
            "outcome": outcome,
            "reason": texts[0],
            "criteria": criteria,
            "parameters": {texts[4]: texts[5]},
            "known_issue": texts[1],
            "artifacts": {"start_picture": texts[2]},
            "wall_s": float("nan"),
        }
        results[index] = replace(results[index], record=record.model_copy(update=update))
    rules = tuple(
        rule.model_copy(update={"statement": texts[3], "reason": texts[4]})
        for rule in small_run.verdict.rules
    )
    verdict = small_run.verdict.model_copy(
        update={"headline": texts[0], "notes": (texts[5],), "rules": rules}
    )
    root = junit_document(replace(small_run, results=tuple(results), verdict=verdict))
    data = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    parsed = ElementTree.fromstring(data)
    check_structure(parsed)
    assert sum(suite.attrib["name"] != "gate" for suite in parsed for _ in suite.iter("testcase")) == len(
        results
    )
    if outcome != Outcome.PASS:
        changed = case_of(parsed, results[0].expected.id)
        assert {child.tag for child in changed} - {"system-out"}
    if SCHEMA.exists():
        check_schema(data)


@pytest.fixture(scope="module")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> RunData:
    scenarios = tuple(replace(scenario, count=4) for scenario in OFFICE[:2])
    plan = RunPlan(scenarios=scenarios, pictures=False, recordings=False)
    return load_run(build_run(tmp_path_factory.mktemp("runs") / "small", plan))


def test_fifty_thousand_cases_stay_small_and_quick(small_run: RunData) -> None:
    first = small_run.results[0]
    many = tuple(
        replace(first, expected=replace(first.expected, id=f"s::v{index:05d}")) for index in range(50_000)
    )
    data = ElementTree.tostring(junit_document(replace(small_run, results=many)), encoding="utf-8")
    assert data.count(b"<testcase") >= 50_000
    assert len(data) < 30_000_000


def test_a_picture_outside_of_the_run_is_no_attachment_for_a_server_to_collect(blind_data: RunData) -> None:
    results = [
        replace(
            result,
            record=result.record
            and result.record.model_copy(update={"artifacts": {"failure_picture": "../../.ssh/id_ed25519"}}),
        )
        for result in blind_data.results
    ]
    document = ElementTree.tostring(
        junit_document(replace(blind_data, results=tuple(results))), encoding="unicode"
    )
    assert "[[ATTACHMENT" not in document
    assert "failure_picture is not attached: it leads out of" in document
