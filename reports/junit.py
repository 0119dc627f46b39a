"""``junit.xml``: every expected variant as a test case, the gate as a suite of its own.

Properties on a test case are invalid against Jenkins' junit-10.xsd, so parameters and the reproduce line go
to ``system-out``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from junit_xml import TestCase, TestSuite

from simgate.harness.gate.verdict import Decision, QuarantineError, RuleVerdict, Verdict
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.manifest import ExpectedVariant
from simgate.harness.results.reading.stored_record import whole
from simgate.harness.results.record import Outcome, RunRecord
from simgate.harness.results.run_folder import RunFolder
from simgate.harness.text import number, ordinal
from simgate.reports.junit_suites import document
from simgate.reports.run_data import RunData, VariantResult, load_run
from simgate.reports.wording import (
    describe_criterion,
    headline,
    percent,
    replay_line,
    with_unit,
)
from simgate.sim_adapters.files.plain_file import NotPlain, inside
from simgate.sim_adapters.printable import printable

ALL_PARAMETERS_UP_TO = 5000
"""With more variants, passed ones are listed without their parameters: GitLab wants files under 30 MB."""
PICTURES = ("start_picture", "failure_picture")


def write_junit(folder: RunFolder) -> Path:
    """Writes ``junit.xml`` into the run's folder.

    Returns:
        Path of the file.

    Raises:
        NotARun: The folder has no readable manifest.
        JournalDamaged: The journal cannot be read.
    """
    write_atomic(folder.junit_path, junit_pieces(load_run(folder)))
    return folder.junit_path


def junit_pieces(run: RunData) -> Iterator[bytes]:
    """The file of a run, piece by piece."""
    return document(run.manifest.run_id, _suites(run))


def _suites(run: RunData) -> Iterator[tuple[TestSuite, Iterable[TestCase]]]:
    bare_s = _bare_seconds(run)
    for scenario, results in run.by_scenario.items():
        yield _scenario_suite(run, scenario), (_variant_case(run, result, bare_s) for result in results)
    if run.not_needed:
        yield (
            TestSuite("not needed", timestamp=run.manifest.created_utc),
            (_not_needed_case(run, expected) for expected in run.not_needed),
        )
    yield _gate_suite(run), _gate_cases(run)


def _bare_seconds(run: RunData) -> dict[str, float]:
    """Id -> wall-clock seconds of passed variants of which a long file says no more; none is read again."""
    if len(run.results) <= ALL_PARAMETERS_UP_TO:
        return {}
    ran = (result for result in run.results if result.record is not None)
    return {
        result.expected.id: seconds
        for result, seconds in zip(ran, run.survey.bare_s, strict=True)
        if seconds >= 0.0 and not result.to_look_at
    }


def _scenario_suite(run: RunData, scenario: str) -> TestSuite:
    summary = next((item for item in run.verdict.scenarios if item.scenario == scenario), None)
    print_of = run.manifest.fingerprint
    properties = {
        "title": summary.title if summary else "",
        "severity": run.by_scenario[scenario][0].expected.severity,
        "requirements": ", ".join(summary.requirements) if summary else "",
        "model": print_of.model,
        "adapter": f"{print_of.adapter} {print_of.adapter_version}".strip(),
        "git_commit": print_of.git_commit + (" (dirty)" if print_of.git_dirty else ""),
    }
    return TestSuite(
        scenario,
        timestamp=run.manifest.created_utc,
        properties={name: value for name, value in properties.items() if value},
    )


def _not_needed_case(run: RunData, expected: ExpectedVariant) -> TestCase:
    case = TestCase(expected.id, f"{run.manifest.pack_name}.{expected.scenario}")
    case.add_skipped_info(f"not needed: decided after {run.verdict.stopped_at} variants")
    return case


def _seconds(value: float) -> float:
    return value if math.isfinite(value) and value > 0 else 0.0


def _variant_case(run: RunData, result: VariantResult, bare_s: Mapping[str, float]) -> TestCase:
    expected, record = result.expected, result.record
    classname = f"{run.manifest.pack_name}.{expected.scenario}"
    replay = replay_line(run.folder, expected.id, run.manifest.imported)
    if record is None:
        case = TestCase(expected.id, classname, stdout=f"reproduce: {replay}")
        case.add_error_info(
            f"{result.missing_because}; the manifest expects this variant, so the evidence is incomplete",
            f"continue the run with: simgate run --resume {run.folder}",
            "MISSING",
        )
        return case
    if expected.id in bare_s:
        stdout = "\n".join(_origin(result, record, replay))
        return TestCase(expected.id, classname, bare_s[expected.id], stdout=stdout)
    record = whole(record)
    case = TestCase(
        expected.id, classname, _seconds(record.wall_s), stdout=_stdout(run, result, record, replay)
    )
    message = headline(record)
    if record.outcome == Outcome.FAIL or record.violations:
        case.add_failure_info(message, _explanation(run, record, replay), "FAIL")
    elif record.outcome in (Outcome.INVALID, Outcome.ERROR):
        case.add_error_info(message, _explanation(run, record, replay), record.outcome.value)
    elif record.outcome == Outcome.KNOWN:
        issue = record.known_issue or "no issue given"
        case.add_skipped_info(f"known failure, {issue}: {message}", _explanation(run, record, replay))
    return case


def _explanation(run: RunData, record: RunRecord, replay: str) -> str:
    """What a QA engineer needs to act: criteria, unusual parameters, how to see it again."""
    lines = [record.reason] if record.reason else []
    lines += [
        f"{criterion.outcome.value:7} {describe_criterion(criterion)}"
        for criterion in (*record.criteria, *record.violations)
    ]
    far = [place for place in run.nominal[record.scenario].positions(record.parameters) if place.far]
    if far:
        lines.append("far from nominal:")
    for place in far:
        where = (
            f"{ordinal(place.percentile)} percentile of the scenario"
            if place.percentile is not None
            else f"{percent(place.share)} of the scenario"
        )
        lines.append(
            f"  {place.parameter} = {number(place.value)} ({where}; nominal {number(place.nominal)})"
        )
    lines.append(f"reproduce: {replay}")
    return "\n".join(lines)


def _origin(result: VariantResult, record: RunRecord, replay: str) -> list[str]:
    """Where a result comes from: how to see it again, and how often it took to get it."""
    begun = f"begun {record.attempts} times: {', '.join(one.value for one in result.outcomes)}"
    return [printable(f"reproduce: {replay}"), *([begun] if record.attempts > 1 else [])]


def _stdout(run: RunData, result: VariantResult, record: RunRecord, replay: str) -> str:
    lines = _origin(result, record, replay)
    if record.outcome != Outcome.PASS or len(run.results) <= ALL_PARAMETERS_UP_TO:
        lines += [f"{name} = {number(value)}" for name, value in sorted(record.parameters.items())]
    lines += record.notes
    for name in PICTURES:
        if path := record.artifacts.get(name):
            try:
                lines.append(f"[[ATTACHMENT|{inside(run.folder, path)}]]")
            except NotPlain as error:
                lines.append(f"{name} is not attached: {error.strerror}")
    return "\n".join(map(printable, lines))


def _gate_suite(run: RunData) -> TestSuite:
    verdict = run.verdict
    stdout = "\n".join(map(printable, (f"{verdict.decision.value}: {verdict.headline}", *verdict.notes)))
    return TestSuite("gate", timestamp=run.manifest.created_utc, stdout=stdout)


def _gate_cases(run: RunData) -> list[TestCase]:
    verdict = run.verdict
    classname = f"{run.manifest.pack_name}.gate"
    cases = [
        _rule_case(classname, name, rule)
        for name, rule in zip(_rule_names(verdict), verdict.rules, strict=True)
    ]
    cases += [_quarantine_case(classname, error) for error in verdict.quarantine_errors]
    decided = {rule.decision for rule in verdict.rules if not rule.waits}
    if verdict.decision not in decided:
        # The whole can be worse than its rules (no rule at all, a damaged run); it must not look green.
        case = TestCase("verdict", classname, stdout=verdict.headline)
        _add_decision(case, verdict.decision, verdict.headline, "\n".join(map(printable, verdict.notes)))
        cases.append(case)
    return cases


def _quarantine_case(classname: str, error: QuarantineError) -> TestCase:
    """A quarantine that has gone bad is an error of its own, so that nothing rots green."""
    case = TestCase(f"quarantine {error.issue} of {error.scenario}", classname, stdout=error.message)
    case.add_error_info(error.message, error.message, "QUARANTINE")
    return case


def _rule_names(verdict: Verdict) -> list[str]:
    """Statements, numbered where two are the same: GitLab drops cases of equal name."""
    names: list[str] = []
    for index, rule in enumerate(verdict.rules, start=1):
        statement = rule.statement or "rule without statement"
        names.append(f"{statement} (rule {index})" if statement in names else statement)
    return names


def _rule_case(classname: str, name: str, rule: RuleVerdict) -> TestCase:
    lines = [
        f"{rule.decision.value}: {rule.reason}",
        f"expected {rule.expected}, passed {rule.successes}, failed {rule.failures}, invalid {rule.invalid}, "
        f"error {rule.errors}, missing {rule.missing}, known {rule.known}",
        f"begun more than once {rule.retried}",
    ]
    if rule.exact:
        exact = rule.exact
        lines.append(f"{exact.method}: {number(exact.low)} to {number(exact.high)} at {exact.confidence:g}")
    if rule.bound is not None:
        lines.append(f"bound: {with_unit(rule.bound, '')}")
    if rule.would_change:
        lines.append(f"would change it: {rule.would_change}")
    case = TestCase(name, classname, stdout="\n".join(lines))
    if rule.waits:
        case.add_skipped_info(rule.reason)
    else:
        _add_decision(case, rule.decision, rule.reason or rule.decision.value, "\n".join(lines))
    return case


def _add_decision(case: TestCase, decision: Decision, message: str, output: str) -> None:
    """NO-GO is a failure, INCONCLUSIVE an error, GO neither."""
    if decision == Decision.NO_GO:
        case.add_failure_info(message or decision.value, output, decision.value)
    elif decision == Decision.INCONCLUSIVE:
        case.add_error_info(message or decision.value, output, decision.value)
